/** What the content security policy lets a style sheet in by that code writes into the page; the gateway names another one in each page. */
export const styleNonce: string =
  document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? ''

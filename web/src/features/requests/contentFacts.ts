import { maxQueryBytes, maxScriptBytes, type RequestKind } from '@sre-portal/contracts'
import { byteSize, plural } from '../../components/numbers.ts'
import { isolated } from '../../components/isolated.ts'

export const bytesOf = (text: string) => new TextEncoder().encode(text).length
export const linesOf = (text: string) => text.split('\n').length

/** SHA-256 of the text's UTF-8 as lower-case hexadecimal; null where the browser has no cryptography (plain HTTP). */
export async function sha256Of(text: string): Promise<string | null> {
  if (!globalThis.crypto?.subtle) return null
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** What is wrong with the content before it is sent; null when nothing is. */
export function contentFault(kind: RequestKind, text: string): string | null {
  const what = kind === 'query' ? 'query' : 'script'
  if (text.trim() === '') return `Write a ${what}.`
  const limit = kind === 'query' ? maxQueryBytes : maxScriptBytes
  const size = bytesOf(text)
  return size > limit ? tooLarge(what, limit, 'this one', size) : null
}

// In bytes: rounded, what is just too large would read like what is allowed.
const tooLarge = (what: string, limit: number, found: string, size: number) =>
  `A ${what} has at most ${byteSize(limit)} (${plural(limit, 'byte')}); ${found} has ${plural(size, 'byte')}.`

/** Reads a chosen file as a script, or says in a sentence why it can't be one. */
export async function readScriptFile(file: File): Promise<{ text: string } | { fault: string }> {
  if (!/\.js$/i.test(file.name)) return { fault: `${isolated(file.name)} is not a .js file.` }
  if (file.size > maxScriptBytes) return { fault: tooLarge('script', maxScriptBytes, file.name, file.size) }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer())
    return text.trim() === '' ? { fault: `${isolated(file.name)} is empty.` } : { text }
  } catch {
    return { fault: `${isolated(file.name)} is not UTF-8 text.` }
  }
}

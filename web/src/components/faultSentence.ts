import type { Fault } from '@sre-portal/contracts'

/** The server words a fault as what is wrong with the path (`is taken`); at a field it is a sentence. */
export function faultSentence({ path, message }: Fault): string {
  if (!/^[a-z]/.test(message)) return message
  const field = path.split('.').at(-1) ?? ''
  const name = field
    .replace(/Id$/, '')
    .replaceAll(/([A-Z])/g, ' $1')
    .toLowerCase()
  const sentence = `${name.charAt(0).toUpperCase()}${name.slice(1)} ${message}`.trim()
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`
}

import { pointOf } from './text.ts'

const sign = String.raw`[!#$%&'*+/=?^_\x60{|}~\-]`
const letter = String.raw`[\p{L}\p{N}]\p{M}*`
const atom = `(?:${letter}|${sign})+`
const label = String.raw`${letter}(?:${letter}|-)*`
/** The dot-atom of RFC 5321, with the letters of RFC 6531; no quoted names, no comments, no numeric hosts in brackets. */
const address = new RegExp(String.raw`^${atom}(?:\.${atom})*@${label}(?:\.${label})*$`, 'u')
const stranger = new RegExp(`(?![.@]|${sign})[^\\p{L}\\p{N}\\p{M}]`, 'u')
const form = 'An e-mail address looks like name@company.example.'

/**
 * What is wrong with an address that is to be registered, as a sentence; null when nothing is. It is judged as typed and as it is kept (NFKC), for a
 * letter may hold blanks and signs within itself.
 */
export function emailFault(typed: string): string | null {
  for (const text of [typed, typed.normalize('NFKC')]) {
    const found = stranger.exec(text)
    if (found) {
      const place = [...text.slice(0, found.index)].length + 1
      const within = text === typed ? '' : ', once its letters are written apart'
      return `An e-mail address can't hold ${pointOf(found[0])} at character ${place}${within}. ${form}`
    }
    if (!address.test(text) || text.endsWith('-') || /-\.|\.-/.test(text.slice(text.indexOf('@'))))
      return form
  }
  return null
}

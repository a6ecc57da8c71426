import { createHash } from 'node:crypto'
import { maxQueryBytes, maxScriptBytes, type RequestKind } from '@sre-portal/contracts'
import { DomainError } from './domainError.ts'

const encoder = new TextEncoder()
const limitOf: Record<RequestKind, number> = { query: maxQueryBytes, script: maxScriptBytes }
const nameOf: Record<RequestKind, string> = { query: 'query', script: 'script' }
// Tab, line feed and carriage return are text; every other control character hides something from the reviewer.
const controlCharacter = /(?![\t\n\r])\p{Cc}/u
const loneSurrogate = /\p{Surrogate}/u

/** SHA-256 of the content's UTF-8 bytes, hexadecimal: what is approved, and what the executor compares before it runs. */
export const contentHashOf = (content: string): string =>
  createHash('sha256').update(content, 'utf8').digest('hex')

/** Size of the content in bytes of UTF-8. */
export const contentBytesOf = (content: string): number => encoder.encode(content).length

const grouped = (value: number) => value.toLocaleString('en-US')

/**
 * Decodes an uploaded script. A leading byte order mark stays, so that the hash is that of what was uploaded; the language ignores it.
 * @throws DomainError `too_large`, or `invalid` when the bytes are not UTF-8 text.
 */
export function decodeScript(bytes: Uint8Array): string {
  ensureSize('script', bytes.length)
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw invalid('The script is not valid UTF-8 text. Save it as UTF-8 and upload it again.')
  }
}

/**
 * Checks a query's or script's text: not blank, within its limit (256 KiB, 512 KiB), and nothing in it that a reviewer could not see.
 * @throws DomainError `invalid` or `too_large`, naming the limit and what was found.
 */
export function ensureContent(kind: RequestKind, content: string): void {
  ensureSize(kind, contentBytesOf(content))
  if (content.trim() === '') throw invalid(`The ${nameOf[kind]} is empty.`)
  const control = controlCharacter.exec(content)
  if (control)
    throw invalid(
      `The ${nameOf[kind]} holds a control character (U+${control[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}) at character ${grouped(control.index + 1)}; only tabs and line breaks are allowed.`,
    )
  if (loneSurrogate.test(content)) throw invalid(`The ${nameOf[kind]} is not valid Unicode text.`)
}

/**
 * Keeps an uploaded file's name for display: the last part of a path, without control and direction characters, at most 100 characters.
 * @throws DomainError `unsupported_media_type` when it is no `.js` file.
 */
export function displayFileName(name: string): string {
  const base = (name.split(/[/\\]/).pop() ?? '').replace(/[\p{Cc}\p{Cf}]/gu, '').trim()
  if (!/\.js$/i.test(base))
    throw new DomainError(
      'unsupported_media_type',
      `Only .js files are accepted as scripts; this one is called "${base.slice(0, 100)}".`,
      [{ path: 'script', message: 'must be a .js file' }],
    )
  return base.length > 100 ? `${base.slice(0, 97)}.js` : base
}

function ensureSize(kind: RequestKind, bytes: number): void {
  if (bytes > limitOf[kind])
    throw new DomainError(
      'too_large',
      `The ${nameOf[kind]} has ${grouped(bytes)} bytes; at most ${grouped(limitOf[kind])} (${limitOf[kind] / 1024} KiB) are allowed.`,
      [{ path: 'content', message: `at most ${limitOf[kind]} bytes` }],
    )
}

const invalid = (message: string) => new DomainError('invalid', message, [{ path: 'content', message }])

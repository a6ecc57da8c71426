import { dictionary } from '@zxcvbn-ts/language-common'
import { DomainError } from '@sre-portal/domain'

/** Whose password it is to be: nobody's own address or name protects them. */
export interface Owner {
  email: string
  name: string
}

// The passwords that leaks show most often, some 49,000 of them, and what every stranger tries here first.
const common = new Set([...dictionary.passwords, 'sreportal', 'portal', 'changeme'])
const shortestWord = 3
const fewestLeft = 4

/**
 * Refuses passwords that are tried first: the commonest ones, also with digits and signs around them or written several times over, and those
 * that are made of the owner's own address or name.
 * @throws DomainError `invalid`
 */
export function ensureHardToGuess(password: string, owner: Owner, path = 'password'): void {
  if (isCommon(password))
    throw refusal(
      'This password is one of those that are tried first; choose another.',
      path,
      'is too common',
    )
  if (isOwn(password, owner))
    throw refusal(
      'This password is made of your own address or name; choose another.',
      path,
      'is made of the address or name',
    )
}

/**
 * Refuses the password that one has already as a new one: whoever set it still knows it, so that nothing would have changed.
 * @throws DomainError `unprocessable`
 */
export function ensureAnother(newPassword: string, currentPassword: string): void {
  if (newPassword.normalize('NFKC') !== currentPassword.normalize('NFKC')) return
  throw new DomainError('unprocessable', 'The new password is the current one; nothing was changed.', [
    { path: 'newPassword', message: 'is the current one' },
  ])
}

function isCommon(password: string): boolean {
  const text = password.normalize('NFKC').toLowerCase()
  const core = text.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '')
  return [
    text,
    core,
    text.replace(/\s+/g, ''),
    core.replace(/\s+/g, ''),
    ...unitsOf(text),
    ...unitsOf(core),
  ].some((form) => common.has(form) || isMonotonous(form))
}

/** What a text is several times over: "abcabc" is "abc". */
function unitsOf(text: string): string[] {
  const start = `${text}${text}`.indexOf(text, 1)
  return start > 0 && start < text.length ? [text.slice(0, start)] : []
}

/** One character again and again, or each the neighbour of the one before: aaaaaaaaaaaa, 123456789012, abcdefghijkl. */
function isMonotonous(text: string): boolean {
  const points = [...text].map((character) => character.codePointAt(0) ?? 0)
  const steps = new Set(points.slice(1).map((point, index) => point - (points[index] ?? 0)))
  const digitsInTurn = '0123456789'.repeat(3).includes(text) || '9876543210'.repeat(3).includes(text)
  return text.length > 0 && (digitsInTurn || (steps.size <= 1 && Math.abs([...steps][0] ?? 0) <= 1))
}

function isOwn(password: string, { email, name }: Owner): boolean {
  const plain = (text: string) => text.normalize('NFKC').toLowerCase()
  const words = [plain(email), ...plain(email).split(/[@._+-]+/), ...plain(name).split(/\s+/), 'sreportal']
    .filter((word) => word.length >= shortestWord)
    .sort((one, other) => other.length - one.length)
  const left = words.reduce((text, word) => text.replaceAll(word, ' '), plain(password))
  return left !== plain(password) && left.replace(/[^\p{L}]/gu, '').length < fewestLeft
}

const refusal = (sentence: string, path: string, message: string) =>
  new DomainError('invalid', sentence, [{ path, message }])

import type { ExecutionError } from '@sre-portal/contracts'
import { textError, tooComplex } from '../textError.ts'
import { lookalikeIn } from './foreignNotation.ts'

const maxOperatorRun = 64
const maxCommentDepth = 64
const maxNesting = 1000
const byteOrderMark = '\ufeff'

const operatorCharacter = /[-+*/<>=~!@#%^&|`?]+/y
const quoted = /'(?:[^']|'')*'?/y
const escapeQuoted = /'(?:[^'\\]|''|\\[^])*'?/y
const identifier = /"[^"]*"?/y
const word = /[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*/y
const dollarTag = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y
const plain = /[^-+*/<>=~!@#%^&|`?'"$A-Za-z_\u0080-\uffff()[\]]+/y
const lineComment = /--[^\n\r]*/y

/**
 * Refuses what PostgreSQL's scanner takes quadratic time for, before it sees it (long runs of operator characters, deeply nested comments and brackets),
 * and what it would take for a letter although it doesn't look like one. Linear; reads strings, names and comments as the scanner does with standard_conforming_strings on.
 */
export function preScan(content: string): ExecutionError | null {
  let at = content.startsWith(byteOrderMark) ? byteOrderMark.length : 0
  let depth = 0
  const take = (pattern: RegExp): string | null => {
    pattern.lastIndex = at
    const found = pattern.exec(content)?.[0] ?? null
    if (found !== null) at += found.length
    return found
  }
  while (at < content.length) {
    const start = at
    if (take(plain) !== null || take(identifier) !== null || take(quoted) !== null) continue
    const name = take(word)
    if (name !== null) {
      const lookalike = lookalikeIn(name)
      if (lookalike)
        return textError('42601', lookalike.message, { content, offset: start + lookalike.index })
      if (/^e$/i.test(name)) take(escapeQuoted)
      continue
    }
    const character = content[at] ?? ''
    if ('([)]'.includes(character)) {
      depth += '(['.includes(character) ? 1 : -1
      if (depth > maxNesting)
        return tooComplex(`Brackets are nested more than ${maxNesting} deep here.`, { content, offset: at })
      at++
    } else if (character === '$') {
      const tag = take(dollarTag)
      if (tag === null) at++
      else {
        const end = content.indexOf(tag, at)
        at = end < 0 ? content.length : end + tag.length
      }
    } else if (take(lineComment) === null) {
      if (content.startsWith('/*', at)) {
        const end = endOfComment(content, at)
        if (end === null)
          return tooComplex(`Comments are nested more than ${maxCommentDepth} deep here.`, {
            content,
            offset: start,
          })
        at = end
      } else {
        const run = operatorRun(take(operatorCharacter) ?? '')
        at = start + Math.max(1, run)
        if (run > maxOperatorRun)
          return tooComplex(
            `More than ${maxOperatorRun} operator characters stand here in a row; no operator is as long as that.`,
            { content, offset: start },
          )
      }
    }
  }
  return null
}

/** An operator ends where a comment begins. */
function operatorRun(characters: string): number {
  const comment = /--|\/\*/.exec(characters)
  return comment ? comment.index : characters.length
}

/** Where the comment that begins at `start` ends, or null when it is nested too deeply. */
function endOfComment(content: string, start: number): number | null {
  const mark = /\/\*|\*\//g
  mark.lastIndex = start
  let depth = 0
  for (let found = mark.exec(content); found; found = mark.exec(content)) {
    depth += found[0] === '/*' ? 1 : -1
    if (depth > maxCommentDepth) return null
    if (depth === 0) return mark.lastIndex
  }
  return content.length
}

interface SqlFault {
  from: number
  to: number
  severity: 'error'
  message: string
}

const token = /--[^\n]*|\/\*|'|"|\$([A-Za-z_][A-Za-z0-9_]*)?\$|[()]/g

/** Quotes, comments and parentheses that are opened and never closed, or closed and never opened. */
export function findSqlFaults(text: string): SqlFault[] {
  const faults: SqlFault[] = []
  const open: number[] = []
  const fault = (from: number, message: string) =>
    faults.push({ from, to: from + 1, severity: 'error', message })
  token.lastIndex = 0

  for (let match = token.exec(text); match; match = token.exec(text)) {
    const [sign] = match
    if (sign.startsWith('--')) continue
    if (sign === '(') open.push(match.index)
    else if (sign === ')') {
      if (open.pop() === undefined) fault(match.index, 'This parenthesis closes nothing.')
    } else {
      const end = endOf(sign, text, token.lastIndex, isEscapeString(text, match.index))
      if (end === -1) {
        fault(match.index, unclosedWords(sign))
        return faults
      }
      token.lastIndex = end
    }
  }
  for (const index of open) fault(index, 'This parenthesis is never closed.')
  return faults.sort((a, b) => a.from - b.from)
}

const isEscapeString = (text: string, quote: number) =>
  /(^|[^\w$])[eE]$/.test(text.slice(Math.max(0, quote - 2), quote))

function endOf(sign: string, text: string, from: number, escapes: boolean): number {
  if (sign === '/*') return endOfComment(text, from)
  if (sign === "'" || sign === '"') {
    for (let at = from; at < text.length; at += 1) {
      if (escapes && text[at] === '\\') at += 1
      else if (text[at] === sign) {
        if (text[at + 1] !== sign) return at + 1
        at += 1
      }
    }
    return -1
  }
  const end = text.indexOf(sign, from)
  return end === -1 ? -1 : end + sign.length
}

/** PostgreSQL's comments nest. */
function endOfComment(text: string, from: number): number {
  let depth = 1
  for (let at = from; at < text.length - 1; at += 1) {
    const pair = text.slice(at, at + 2)
    if (pair === '/*') depth += 1
    if (pair === '*/') depth -= 1
    if (pair === '/*' || pair === '*/') at += 1
    if (depth === 0) return at + 1
  }
  return -1
}

function unclosedWords(sign: string): string {
  if (sign === '/*') return 'This comment is never closed.'
  if (sign === '"') return 'This quoted name is never closed.'
  return 'This text is never closed.'
}

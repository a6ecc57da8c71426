import type { Cell, Engine } from '@sre-portal/contracts'

export interface CellFace {
  kind: 'null' | 'missing' | 'empty' | 'blank' | 'text' | 'number' | 'boolean' | 'json' | 'binary'
  /** One line for the grid. */
  text: string
  /** What a screen reader says where the words alone could be a text as well as its absence. */
  spoken?: string
}

const numberTypes =
  /^(u?int[248]?|integer|bigint|smallint|numeric|decimal\d*|float[48]?|double.*|real|money|oid|long|number)$/i
const jsonTypes = /^(jsonb?|object|array|document)$/i
const longestShown = 300

export const isNumberType = (type: string) => numberTypes.test(type)

/** How a value is drawn: NULL, an empty text and blanks are different words, and no digit is ever lost. */
export function cellFace(cell: Cell, type: string, engine: Engine): CellFace {
  const face = plainFace(cell, type, engine)
  if (face.kind === 'text' && ambiguous.test(face.text)) return { ...face, spoken: `the text ${face.text}` }
  const spoken = spokenOf(face)
  return spoken === null ? face : { ...face, spoken }
}

/** Texts that look like what stands for no text. */
const ambiguous = /^\s*(null|\(missing\)|\(empty\)|\((1 blank|\d+ blanks)\))\s*$/i

function spokenOf({ kind, text }: CellFace): string | null {
  switch (kind) {
    case 'null':
      return 'no value, NULL'
    case 'missing':
      return 'no such field'
    case 'empty':
      return 'empty text'
    case 'blank':
      return `only ${text.slice(1, -1)}`
    case 'text':
    case 'number':
    case 'boolean':
    case 'json':
    case 'binary':
      return null
  }
}

function plainFace(cell: Cell, type: string, engine: Engine): CellFace {
  if (engine === 'mongodb') return documentFace(cell)
  if (cell === null) return { kind: 'null', text: 'NULL' }
  if (cell === '') return { kind: 'empty', text: '(empty)' }
  if (/^\s+$/.test(cell))
    return { kind: 'blank', text: `(${cell.length === 1 ? '1 blank' : `${cell.length} blanks`})` }
  if (numberTypes.test(type)) return { kind: 'number', text: cell }
  if (type === 'bool') return { kind: 'boolean', text: cell === 't' ? 'true' : cell === 'f' ? 'false' : cell }
  if (type === 'bytea') return { kind: 'binary', text: oneLine(cell) }
  if (jsonTypes.test(type) || type.startsWith('_')) return { kind: 'json', text: oneLine(cell) }
  return { kind: 'text', text: oneLine(cell) }
}

/** Canonical Extended JSON as people write it; what has no shorter form stays as it is. */
function documentFace(cell: Cell): CellFace {
  if (cell === null) return { kind: 'missing', text: '(missing)' }
  const value = parsedJson(cell)
  if (value === undefined) return { kind: 'text', text: oneLine(cell) }
  if (value === null) return { kind: 'null', text: 'null' }
  if (value === '') return { kind: 'empty', text: '(empty)' }
  if (typeof value === 'string') return { kind: 'text', text: oneLine(value) }
  if (typeof value === 'boolean') return { kind: 'boolean', text: String(value) }
  if (typeof value === 'number') return { kind: 'number', text: cell }
  return wrapped(value as Record<string, unknown>) ?? { kind: 'json', text: oneLine(cell) }
}

function wrapped(value: Record<string, unknown>): CellFace | null {
  const [name, ...others] = Object.keys(value)
  if (name === undefined || others.length > 0) return null
  const inner = value[name]
  if (/^\$number(Int|Long|Double|Decimal)$/.test(name)) return { kind: 'number', text: String(inner) }
  if (name === '$oid') return { kind: 'text', text: `ObjectId(${String(inner)})` }
  if (name === '$date') return { kind: 'text', text: dateText(inner) }
  if (name === '$binary') return { kind: 'binary', text: oneLine(JSON.stringify(inner)) }
  return null
}

function dateText(inner: unknown): string {
  const ms =
    typeof inner === 'object' && inner !== null ? Number((inner as Record<string, unknown>).$numberLong) : NaN
  const date = new Date(Number.isNaN(ms) ? String(inner) : ms)
  return Number.isNaN(date.getTime()) ? JSON.stringify(inner) : date.toISOString()
}

const oneLine = (text: string) => {
  const flat = text.slice(0, longestShown).replaceAll('\n', '⏎').replaceAll('\t', '⇥')
  return text.length > longestShown ? `${flat}…` : flat
}

/** The whole value for the side panel: JSON indented with its numbers as they are, everything else as stored. */
export function wholeValue(cell: Cell, type: string, engine: Engine): { text: string; isJson: boolean } {
  if (cell === null) return { text: engine === 'mongodb' ? '(missing)' : 'NULL', isJson: false }
  const looksJson = engine === 'mongodb' || jsonTypes.test(type)
  if (looksJson && parsedJson(cell) !== undefined) return { text: indentJson(cell), isJson: true }
  return { text: cell, isJson: false }
}

/** Indents JSON text without parsing its numbers, so that 9007199254740993 stays itself. */
export function indentJson(text: string): string {
  let out = ''
  let depth = 0
  const newline = () => `\n${'  '.repeat(depth)}`
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g) ?? []
  tokens.forEach((token, index) => {
    const next = tokens[index + 1]
    if (token === '{' || token === '[') {
      depth += 1
      out += token
      if (next !== '}' && next !== ']') out += newline()
    } else if (token === '}' || token === ']') {
      depth -= 1
      const before = tokens[index - 1]
      if (before !== '{' && before !== '[') out += newline()
      out += token
    } else if (token === ',') out += `,${newline()}`
    else out += token === ':' ? ': ' : token
  })
  return out
}

/**
 * Tab-separated text for spreadsheets: NULL is an empty field and an empty text a quoted one; tabs and line ends are quoted. What a
 * spreadsheet would take for a formula gets an apostrophe in front, which makes it a text there; numbers stay numbers.
 */
export function tsvField(cell: Cell, type: string): string {
  if (cell === null) return ''
  const text = !isNumberType(type) && /^[=+\-@\t\r\n＝＋－＠]/.test(cell) ? `'${cell}` : cell
  return text === '' || /[\t\n\r"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

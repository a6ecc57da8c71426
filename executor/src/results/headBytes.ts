import type { Column, ResultHead } from '@sre-portal/contracts'

/** Columns as JSON. Those that one statement after the other holds together are made into text once: thousands of statements can have 1,600 of them. */
export class SharedJson {
  #columns: Column[] | null = null
  #text = ''
  #bytes = 0

  textOf(columns: Column[]): string {
    if (columns !== this.#columns) {
      this.#columns = columns
      this.#text = JSON.stringify(columns)
      this.#bytes = Buffer.byteLength(this.#text)
    }
    return this.#text
  }

  bytesOf(columns: Column[]): number {
    this.textOf(columns)
    return this.#bytes
  }
}

/** The head of a result as JSON, in bytes: as one text beside them it would be held twice. Nobody else is answered while it is made. */
export function headBytes({ statements, ...around }: ResultHead): Buffer {
  const json = new SharedJson()
  const parts = statements.flatMap(({ columns, ...statement }, index) => [
    `${index === 0 ? '' : ','}${openObject(statement)}"columns":`,
    json.textOf(columns),
    '}',
  ])
  return bytesOf([`${openObject(around)}"statements":[`, ...parts, ']}'])
}

/** An object that isn't empty, as JSON, up to where one member more begins. */
const openObject = (object: object) => `${JSON.stringify(object).slice(0, -1)},`

function bytesOf(texts: string[]): Buffer {
  const bytes = Buffer.allocUnsafe(texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0))
  let end = 0
  for (const text of texts) end += bytes.write(text, end)
  return bytes
}

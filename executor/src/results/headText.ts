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

/** The head of a result as JSON. Nobody else is answered while it is made. */
export function headText({ statements, ...around }: ResultHead): string {
  const json = new SharedJson()
  const texts = statements.map(({ columns, ...statement }) =>
    withMember(statement, `"columns":${json.textOf(columns)}`),
  )
  return withMember(around, `"statements":[${texts.join(',')}]`)
}

/** An object that isn't empty, as JSON, and one member more. */
const withMember = (object: object, member: string) => `${JSON.stringify(object).slice(0, -1)},${member}}`

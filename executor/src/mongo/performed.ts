/** Documents that come one after the other. */
export type DocumentCursor = AsyncIterable<unknown> & { close(): Promise<void> }

/** What came back: documents of a cursor, or one answer. `affected` is what a write changed. */
export type Performed =
  { kind: 'cursor'; cursor: DocumentCursor } | { kind: 'value'; value: unknown; affected: number | null }

export const cursorOf = (cursor: DocumentCursor): Performed => ({ kind: 'cursor', cursor })

export const value = (answer: unknown, affected: number | null = null): Performed => ({
  kind: 'value',
  value: answer,
  affected,
})

/** Values that came at once, read like a cursor. */
export const listed = (values: unknown[]): Performed =>
  cursorOf({
    close: () => Promise.resolve(),
    async *[Symbol.asyncIterator]() {
      yield* values
    },
  })

/**
 * What one statement may do, as far as its text tells. `read` leaves nothing behind, `session` changes only the session that it runs in, `write` leaves
 * something or acts on others, `cannot-tell` runs code that is not in the text.
 */
export type StatementKind = 'read' | 'write' | 'session' | 'cannot-tell'

/** What can't be told counts as the worst. */
export const mayWrite = ({ kind }: { kind: StatementKind }): boolean =>
  kind === 'write' || kind === 'cannot-tell'

import { parseStreamName, type DomainEvent } from '@sre-portal/contracts'
import type { StoredEvent } from '@sre-portal/platform/eventCodec'
import type { Connection } from '@sre-portal/platform/postgres'
import type { QueryResult, QueryResultRow } from 'pg'
import { ImpossibleHistory } from './failures.ts'

/** A stored event of one type. */
export type Of<T extends DomainEvent['type']> = StoredEvent<DomainEvent & { type: T }>

/** One handler for each event of the union: a new event is a compiler error until its slice names it. null: nothing to show. */
export type Handlers<E extends DomainEvent> = {
  [T in E['type']]: ((db: Connection, event: Of<T>) => Promise<void>) | null
}

/** Id of the aggregate whose stream the event is in. */
export function aggregateId(event: StoredEvent): string {
  const name = parseStreamName(event.stream)
  if (!name) throw new ImpossibleHistory(`"${event.stream}" is no stream of the product`)
  return name.id
}

const names = new Map<string, string>()

/** Runs a statement that is parsed and planned once a connection: a rebuild runs few texts many times. */
export function run<T extends QueryResultRow>(
  db: Connection,
  text: string,
  values: unknown[],
): Promise<QueryResult<T>> {
  const name = names.get(text) ?? `projector-${names.size}`
  names.set(text, name)
  return db.query<T>({ name, text, values })
}

/** Runs an update that must meet exactly one row. */
export async function changeOne(
  db: Connection,
  event: StoredEvent,
  sql: string,
  values: unknown[],
): Promise<void> {
  const { rowCount } = await run(db, sql, values)
  if (rowCount !== 1) throw new ImpossibleHistory(`${event.stream} has no row that it could change`)
}

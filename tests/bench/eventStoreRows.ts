import { randomUUID } from 'node:crypto'
import { jsonEvent, type JSONEventData, type JSONEventType } from '@eventstore/db-client'

const dataBytes = 300

/** The JSON of one event, 300 bytes. */
export function rowData(n: number): { n: number; text: string } {
  const frame = JSON.stringify({ n, text: '' }).length
  return { n, text: 'x'.repeat(dataBytes - frame) }
}

export function benchEvent(n: number): JSONEventData<JSONEventType<string, { n: number; text: string }>> {
  return jsonEvent({ type: 'Measured', data: rowData(n) })
}

export function benchRow(n: number): unknown[] {
  return [
    n,
    1,
    n,
    randomUUID(),
    'Measured',
    true,
    new Date(),
    Buffer.from(JSON.stringify(rowData(n))),
    Buffer.alloc(0),
  ]
}

/** Runs `work` for a while and tells how many items a second it got through. */
export async function perSecond(durationMs: number, work: () => Promise<number>): Promise<number> {
  const startedAt = performance.now()
  let items = 0
  while (performance.now() - startedAt < durationMs) items += await work()
  return (items / (performance.now() - startedAt)) * 1000
}

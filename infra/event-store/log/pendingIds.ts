import type { ProposedEvent } from './writeCommand.ts'

/** The ids that a group is about to write to one stream. Most groups never ask, so they are looked at when one does. */
export class PendingIds {
  private added: (readonly ProposedEvent[])[] = []
  private readonly known = new Set<string>()

  add(events: readonly ProposedEvent[]): void {
    this.added.push(events)
  }

  has(id: Buffer): boolean {
    for (const events of this.added) for (const event of events) this.known.add(keyOf(event.id))
    this.added = []
    return this.known.has(keyOf(id))
  }
}

function keyOf(id: Buffer): string {
  return id.toString('latin1')
}

import type { RecordedEvent } from '@eventstore/db-client'

/** An event that cannot be projected. It stops the projection and is never skipped: the audit log would have a hole. */
export class PoisonEvent extends Error {
  readonly position: bigint
  readonly eventId: string

  constructor(event: RecordedEvent, cause: unknown) {
    const position = positionOf(event)
    super(
      `The projection stopped at position ${position}, event ${event.id} (${event.type}, revision ${event.revision} of ` +
        `${event.streamId}): ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    )
    this.name = 'PoisonEvent'
    this.position = position
    this.eventId = event.id
  }
}

/** An event that tells of something the read model has never heard of. */
export class ImpossibleHistory extends Error {}

/** Another projector was faster, or a rebuild took this one's place: read the checkpoint again. */
export class CheckpointMoved extends Error {
  constructor() {
    super('The checkpoint was moved by another projector or a rebuild.')
  }
}

/** The read models don't belong to this event store, or are ahead of it; its words say what to do. */
export class OtherStore extends Error {}

/** Where an event stands in the global log. */
export const positionOf = (event: RecordedEvent): bigint => {
  if (!event.position) throw new Error(`The event store told no position of event ${event.id}.`)
  return event.position.commit
}

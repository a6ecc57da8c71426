/** True when a stream went on after `revision` and before `position` of the log: what was read there no longer held then. */
export const movedSince = (
  events: readonly { revision: number; position: bigint }[],
  revision: number,
  position: bigint,
): boolean => events.some((event) => event.revision > revision && event.position < position)

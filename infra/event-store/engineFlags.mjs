/**
 * How every start of the event store sets its engine. Pages, messages and rows live for milliseconds, so that half the room
 * for young objects costs no time, and what it leaves behind is memory that the process never gives back.
 */
export const engineFlags = ['--max-semi-space-size=8']

const dayMs = 24 * 3600 * 1000

/** A day of a time zone: its date there, and the instants at which it begins and the next one does. */
export interface ZoneDay {
  day: string
  from: Date
  to: Date
}

/** The last `count` days of a time zone, oldest first, today included. Days of 23 and 25 hours are as long as they are. */
export function daysOfZone(timeZone: string, now: Date, count: number): ZoneDay[] {
  const clock = clockOf(timeZone)
  const today = Date.parse(`${clock(now.getTime()).slice(0, 10)}T00:00:00Z`)
  return Array.from({ length: count }, (_, index) => {
    const day = today - (count - 1 - index) * dayMs
    return {
      day: new Date(day).toISOString().slice(0, 10),
      from: beginningOf(day, clock),
      to: beginningOf(day + dayMs, clock),
    }
  })
}

type Clock = (instant: number) => string

/** What the clocks of a zone show at an instant, as an ISO text without a zone. */
function clockOf(timeZone: string): Clock {
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone,
    dateStyle: 'short',
    timeStyle: 'medium',
    hourCycle: 'h23',
  })
  return (instant) => format.format(instant).replace(' ', 'T')
}

/** The instant at which the clocks show the beginning of a day; where they jump over midnight, the first one after it. */
function beginningOf(day: number, clock: Clock): Date {
  const offsetAt = (instant: number) => Date.parse(`${clock(instant)}Z`) - instant
  const candidates = [day - offsetAt(day - dayMs), day - offsetAt(day + dayMs)].sort((a, b) => a - b)
  const exact = candidates.find((instant) => instant + offsetAt(instant) === day)
  return new Date(exact ?? Math.max(...candidates))
}

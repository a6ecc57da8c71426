const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' })
const absolute = new Intl.DateTimeFormat('en-GB', {
  day: '2-digit',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  timeZoneName: 'short',
})
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs
const relativeForDays = 30

/** "5 min. ago"; after 30 days the date. */
export function timeAgo(instant: string, nowMs: number): string {
  const age = nowMs - Date.parse(instant)
  if (Math.abs(age) < minuteMs) return age < 10_000 ? 'just now' : `${Math.round(age / 1000)} s ago`
  if (age < hourMs) return relative.format(-Math.floor(age / minuteMs), 'minute')
  if (age < dayMs) return relative.format(-Math.floor(age / hourMs), 'hour')
  if (age < relativeForDays * dayMs) return relative.format(-Math.floor(age / dayMs), 'day')
  return day.format(new Date(instant))
}

/** Date, time to the second, and zone. */
export const absoluteTime = (instant: string) => absolute.format(new Date(instant)).replace(',', '')
/** The same with the instant as it is stored, to the millisecond and in UTC: what a log is compared by. */
export const exactTime = (instant: string) => `${absoluteTime(instant)}, exactly ${instant}`
export const clockTime = (instant: string) => clock.format(new Date(instant))
export const dayName = (instant: string) => day.format(new Date(instant))

/** "840 ms", "3.2 s", "4 min 10 s", "2 h 5 min", "3 days". */
export function duration(ms: number): string {
  if (ms < 1) return '< 1 ms'
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < minuteMs) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`
  if (ms < hourMs) return `${Math.floor(ms / minuteMs)} min ${Math.floor((ms % minuteMs) / 1000)} s`
  if (ms < 2 * dayMs) return `${Math.floor(ms / hourMs)} h ${Math.floor((ms % hourMs) / minuteMs)} min`
  return `${Math.round(ms / dayMs)} days`
}

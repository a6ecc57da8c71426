/** The value of a field of local time for an instant: to the minute, or as exactly as the instant is. */
export function localOf(instant: string | undefined): string {
  if (!instant) return ''
  const date = new Date(instant)
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000)
  const text = local.toISOString().slice(0, -1)
  return text.replace(/(:00)?\.000$/, '')
}

/** The instant, in UTC, that a field of local time says; nothing where it says none. */
export function instantOf(local: string): string | undefined {
  const date = new Date(local)
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
}

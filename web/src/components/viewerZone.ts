/** The viewer's zone; some browsers say "unknown" where the system names none, and count in UTC. */
export function viewerZone(): string {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions()
  return timeZone === 'Etc/Unknown' ? 'UTC' : timeZone
}

/** The viewer's zone with its distance from UTC at an instant, which is another one in summer: "Europe/Berlin, GMT+02:00". */
export function zoneAt(instant: string): string {
  const zone = viewerZone()
  if (zone === 'UTC') return zone
  const parts = new Intl.DateTimeFormat('en-GB', { timeZoneName: 'longOffset' }).formatToParts(
    new Date(instant),
  )
  const offset = parts.find(({ type }) => type === 'timeZoneName')?.value
  return offset === undefined ? zone : `${zone}, ${offset}`
}

export const allStreams = '$all'

/** A group of consumers on one source: a stream, or `$all`. */
export interface GroupKey {
  source: string
  group: string
}

export function keyText({ source, group }: GroupKey): string {
  return `${source}::${group}`
}

export function checkpointStream(key: GroupKey): string {
  return `$persistentsubscription-${keyText(key)}-checkpoint`
}

export function parkedStream(key: GroupKey): string {
  return `$persistentsubscription-${keyText(key)}-parked`
}

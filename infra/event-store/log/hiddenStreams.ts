const ownBookkeeping = /^\$persistentsubscription-\$all::.*-(checkpoint|parked)$/s

/** Streams that never appear in `$all`: a subscription to `$all` would otherwise be fed by its own checkpoints. */
export function isHiddenFromAll(streamName: string): boolean {
  if (!streamName.startsWith('$')) return false
  return streamName === '$epoch-information' || ownBookkeeping.test(streamName)
}

import type { EntryKey, QueryCache } from '@pinia/colada'

/** Marks answers as old and asks again for those on screen. A question that fails shows where its answer would; nobody waits. */
export async function refreshQueries(cache: QueryCache, ...keys: EntryKey[]): Promise<void> {
  await Promise.allSettled(keys.map((key) => cache.invalidateQueries(key.length > 0 ? { key } : {})))
}

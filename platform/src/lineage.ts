import { namedIn, type Identity, type Lineage } from '@sre-portal/domain'
import { loadUser } from './aggregates.ts'
import type { EventStore } from './eventStore.ts'

// Administrators, present and past; whoever is beyond it counts as the requester's.
const mostPeople = 500
const readAtOnce = 20

/** The accounts of these people, of whoever gave or confirmed those, and so on, each read once from its stream. */
export async function loadLineage(store: EventStore, ids: readonly string[]): Promise<Lineage> {
  const lineage = new Map<string, Identity>()
  const asked = new Set(ids)
  const waiting = [...asked]
  while (waiting.length > 0 && lineage.size < mostPeople) {
    const next = waiting.splice(0, readAtOnce)
    const users = await Promise.all(next.map((id) => loadUser(store, id)))
    for (const { state } of users) {
      if (!state) continue
      lineage.set(state.id, state.identity)
      for (const id of namedIn(state.identity.deeds)) {
        if (asked.has(id)) continue
        asked.add(id)
        waiting.push(id)
      }
    }
  }
  return lineage
}

import { auditListSchema, type Actor, type AuditEntry } from '@sre-portal/contracts'
import type { RouteLocationRaw } from 'vue-router'
import { api } from '../../api/api.ts'
import type { AuditFilters } from './useAuditFilters.ts'

export const listAudit = (filters: AuditFilters, cursor: string | null, signal: AbortSignal) =>
  api.get('/api/audit', {
    answer: auditListSchema,
    query: { ...filters, cursor, limit: 100 },
    signal,
  })

export const actorWords = (actor: Actor) =>
  actor.kind === 'user' ? actor.name : actor.kind === 'service' ? `${actor.name} (service)` : 'nobody known'

/** Where the subject of an entry is to be seen. */
export function subjectAddress(entry: AuditEntry): RouteLocationRaw | null {
  switch (entry.category) {
    case 'request':
      return {
        name: 'request',
        params: { id: entry.subjectId },
        query: { tab: 'history', step: String(entry.revision + 1) },
      }
    case 'user':
      return { name: 'users', query: { id: entry.subjectId } }
    case 'pod':
      return { name: 'pods', query: { id: entry.subjectId } }
    case 'instance':
      return { name: 'instances', query: { id: entry.subjectId } }
    case 'access':
    case 'directory':
    case 'operations':
      return null
  }
}

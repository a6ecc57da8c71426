import { dashboardSchema } from '@sre-portal/contracts'
import { useQuery } from '@pinia/colada'
import { api } from '../../api/api.ts'
import { requestFacts } from '../requests/requestFacts.ts'

/** The viewer's zone; some browsers say "unknown" where the system names none. */
const systemZone = Intl.DateTimeFormat().resolvedOptions().timeZone
const timeZone = systemZone === 'Etc/Unknown' ? 'UTC' : systemZone

export function useDashboard() {
  return useQuery({
    key: ['dashboard'],
    query: async ({ signal }) => {
      const dashboard = await api.get('/api/dashboard', {
        answer: dashboardSchema,
        query: { timeZone },
        signal,
      })
      return {
        ...dashboard,
        awaiting: dashboard.awaiting.map((row) => requestFacts.reconcile(row)),
        mine: dashboard.mine.map((row) => requestFacts.reconcile(row)),
      }
    },
  })
}

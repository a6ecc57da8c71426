import { dashboardSchema } from '@sre-portal/contracts'
import { useQuery } from '@pinia/colada'
import { api } from '../../api/api.ts'
import { viewerZone } from '../../components/viewerZone.ts'
import { requestFacts } from '../requests/requestFacts.ts'

export function useDashboard() {
  return useQuery({
    key: ['dashboard'],
    query: async ({ signal }) => {
      const dashboard = await api.get('/api/dashboard', {
        answer: dashboardSchema,
        query: { timeZone: viewerZone() },
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

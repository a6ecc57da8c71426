import { podRowSchema, wholeListOf } from '@sre-portal/contracts'
import { useQuery } from '@pinia/colada'
import { api } from '../../api/api.ts'

const answer = wholeListOf(podRowSchema)

export const usePods = () =>
  useQuery({ key: ['pods'], query: ({ signal }) => api.get('/api/pods', { answer, signal }) })

import { instanceRowSchema, wholeListOf } from '@sre-portal/contracts'
import { useQuery } from '@pinia/colada'
import { api } from '../../api/api.ts'

const answer = wholeListOf(instanceRowSchema)

export const useInstances = () =>
  useQuery({ key: ['instances'], query: ({ signal }) => api.get('/api/instances', { answer, signal }) })

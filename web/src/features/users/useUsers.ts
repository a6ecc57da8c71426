import { userRowSchema, wholeListOf } from '@sre-portal/contracts'
import { useQuery } from '@pinia/colada'
import { toValue, type MaybeRefOrGetter } from 'vue'
import { api } from '../../api/api.ts'

const answer = wholeListOf(userRowSchema)

export const useUsers = (enabled: MaybeRefOrGetter<boolean> = true) =>
  useQuery({
    key: ['users'],
    query: ({ signal }) => api.get('/api/users', { answer, signal }),
    enabled: () => toValue(enabled),
  })

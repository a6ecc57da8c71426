import { roles, userListSchema, type UserRow } from '@sre-portal/contracts'
import { idFilter, oneOf, wordsFilter } from '../../api/listAddress.ts'
import type { ServerList } from '../../api/serverList.ts'

export const userList: ServerList<UserRow> = { name: 'users', path: '/api/users', answer: userListSchema }

/** Filters of the page of users, as its address and the API name them. */
export const userFilters = {
  q: wordsFilter,
  role: oneOf(roles),
  active: oneOf(['true', 'false']),
  podId: wordsFilter,
  id: idFilter,
}

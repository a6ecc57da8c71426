import { engines, environments, instanceListSchema, type InstanceRow } from '@sre-portal/contracts'
import { idFilter, oneOf, wordsFilter } from '../../api/listAddress.ts'
import type { ServerList } from '../../api/serverList.ts'

export const instanceList: ServerList<InstanceRow> = {
  name: 'instances',
  path: '/api/instances',
  answer: instanceListSchema,
}

/** Filters of the page of instances, as its address and the API name them. */
export const instanceFilters = {
  q: wordsFilter,
  engine: oneOf(engines),
  environment: oneOf(environments),
  retired: oneOf(['true', 'false']),
  id: idFilter,
}

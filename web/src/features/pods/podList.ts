import { podListSchema, type PodRow } from '@sre-portal/contracts'
import type { ServerList } from '../../api/serverList.ts'

export const podList: ServerList<PodRow> = { name: 'pods', path: '/api/pods', answer: podListSchema }

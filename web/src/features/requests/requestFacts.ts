import type { RequestDetail } from '@sre-portal/contracts'
import { createNewest } from '../../api/newest.ts'

/** What this client knows of requests beyond the read model, shared by lists and details. */
export const requestFacts =
  createNewest<Pick<RequestDetail, 'status' | 'decision' | 'settlement' | 'actions'>>()

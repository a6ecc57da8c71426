import { defaultExecutionLimits, type RequestDetail } from '@sre-portal/contracts'

const refused = { allowed: false, reason: 'Not now.' } as const

/** A pending query of Dana for Grace and Hugo; what a test is about is laid over it. */
export const aRequest = (part: Partial<RequestDetail> = {}): RequestDetail => ({
  id: '00000000-0000-4000-8000-000000001203',
  number: 1203,
  title: 'Backfill invoices',
  status: 'PENDING',
  kind: 'query',
  requester: { id: 'dana', name: 'Dana Levi' },
  pod: { id: 'payments', name: 'Payments' },
  target: { id: 'orders', name: 'orders-eu', engine: 'postgresql', environment: 'production' },
  database: 'orders',
  submittedAt: '2026-11-23T10:00:00.000Z',
  updatedAt: '2026-11-23T10:00:00.000Z',
  revision: 0,
  comment: 'Backfill invoices',
  ticket: null,
  content: 'UPDATE invoices SET total = 0 WHERE id = 1;',
  contentHash: 'a'.repeat(64),
  contentBytes: 43,
  fileName: null,
  transactionMode: 'single',
  engine: 'postgresql',
  username: 'app_rw',
  instanceRevision: 2,
  limits: defaultExecutionLimits,
  resubmissionOf: null,
  reviewers: [
    { id: 'grace', name: 'Grace Park', as: 'manager' },
    { id: 'hugo', name: 'Hugo Martin', as: 'deputy' },
  ],
  decision: null,
  settlement: null,
  execution: null,
  actions: { approve: refused, reject: refused, withdraw: refused, cancel: refused, settle: refused },
  position: '100',
  ...part,
})

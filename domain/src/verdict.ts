import type { ErrorCode } from '@sre-portal/contracts'
import { DomainError } from './domainError.ts'

/** Answer of every rule of rights: yes, or no with the code for programs and the sentence for people. */
export type Verdict = { allowed: true } | { allowed: false; code: ErrorCode; reason: string }

/** The yes. */
export const allowed: Verdict = { allowed: true }

/** The no: `not_found` hides that the object exists, `forbidden` says who may, `conflict` says what happened meanwhile. */
export const refused = (code: ErrorCode, reason: string): Verdict => ({ allowed: false, code, reason })

/** Throws the no as a DomainError. */
export function ensure(verdict: Verdict): void {
  if (!verdict.allowed) throw new DomainError(verdict.code, verdict.reason)
}

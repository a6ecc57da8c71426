import type { ErrorCode, Fault } from '@sre-portal/contracts'

/**
 * The one error that rules throw. `message` is a sentence for the person who asked: what was wrong and what is allowed;
 * `faults` name the fields of the input. platform turns it into problem+json; nothing was changed when it is thrown.
 */
export class DomainError extends Error {
  readonly code: ErrorCode
  readonly faults: Fault[]

  constructor(code: ErrorCode, message: string, faults: Fault[] = []) {
    super(message)
    this.name = 'DomainError'
    this.code = code
    this.faults = faults
  }
}

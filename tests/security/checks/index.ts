import type { Check } from './check.ts'
import { rightsChecks } from './rights.ts'
import { secretsChecks } from './secrets.ts'
import { signInChecks } from './signIn.ts'
import { transportChecks } from './transport.ts'

/** Every check there is. */
export const checks: readonly Check[] = [
  ...signInChecks,
  ...transportChecks,
  ...rightsChecks,
  ...secretsChecks,
]

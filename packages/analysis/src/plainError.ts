import type { ExecutionError } from '@sre-portal/contracts'

/** An error that has no place in a statement. */
export const plainError = (
  code: string | null,
  message: string,
  hint: string | null = null,
): ExecutionError => ({
  code,
  message,
  detail: null,
  hint,
  position: null,
  line: null,
  column: null,
  stack: null,
})

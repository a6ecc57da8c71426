import { plainError } from '@sre-portal/analysis/plainError'
import type { ExecutionError } from '@sre-portal/contracts'
import type { ProcessEnd } from './sandboxProcess.ts'

/** Why a script's process ended without a result, in words; an exit code of 0 is no success either. */
export function describeEnd(end: ProcessEnd): ExecutionError {
  const { code, signal } = end
  if (outOfMemory(end)) {
    return plainError(
      'MEMORY_LIMIT',
      'The script used more memory than it may.',
      'Read and keep fewer rows at a time.',
    )
  }
  switch (signal) {
    case 'SIGKILL':
    case 'SIGXCPU':
      return plainError('CPU_LIMIT', 'The script used more processor time or memory than it may.')
    case 'SIGXFSZ':
      return plainError('DISK', 'The script tried to write a file.')
    default:
      return plainError(
        'CRASHED',
        `The script's process ended without a result (${signal ?? `exit code ${String(code)}`}).`,
        'A script must not end its own process: return the result.',
      )
  }
}

const outOfMemory = ({ code, signal, overMemory, errorText }: ProcessEnd) =>
  overMemory ||
  signal === 'SIGTRAP' ||
  signal === 'SIGABRT' ||
  code === 133 ||
  code === 134 ||
  /out of memory|memory allocation of|Allocation failed/i.test(errorText)

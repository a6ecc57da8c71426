import type { Effects, StatementHead, StatementOutcome } from '@sre-portal/contracts'
import { isLost } from './lostRun.ts'

interface OutcomeFace {
  word: string
  icon: string
  tone: string
}

const outcomeFaces: Record<StatementOutcome, OutcomeFace> = {
  executed: { word: 'Executed', icon: 'i-lucide-circle-check', tone: 'text-success' },
  failed: { word: 'Failed', icon: 'i-lucide-circle-x', tone: 'text-error' },
  'not-executed': { word: 'Not executed', icon: 'i-lucide-circle-dashed', tone: 'text-muted' },
  'rolled-back': { word: 'Rolled back', icon: 'i-lucide-undo-2', tone: 'text-warning' },
}

const stoppedFace: OutcomeFace = { word: 'Stopped', icon: 'i-lucide-circle-slash', tone: 'text-muted' }

const unknownFace: OutcomeFace = { word: 'Not known', icon: 'i-lucide-circle-help', tone: 'text-warning' }

/** The executor's own code: somebody asked for it, nothing is wrong with the statement. */
export const wasStopped = ({ error }: Pick<StatementHead, 'error'>) => error?.code === 'CANCELLED'

export function outcomeFaceOf(statement: Pick<StatementHead, 'outcome' | 'error'>): OutcomeFace {
  if (wasStopped(statement)) return stoppedFace
  return isLost(statement) && statement.outcome === 'failed' ? unknownFace : outcomeFaces[statement.outcome]
}

export const effectsWords: Record<Effects, string> = {
  none: 'This run itself changed no data.',
  'rolled-back':
    'All that this run changed was rolled back. Numbers that were taken from sequences are not given back, and what functions and triggers of the database do outside of it is not seen.',
  partial:
    'Something may have been kept: statements that were committed before it stopped, or what no rollback takes back (numbers of sequences, files, other servers, code that cannot be judged).',
  unknown: 'What the database kept is not known.',
}

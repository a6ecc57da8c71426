import type { Effects, StatementOutcome } from '@sre-portal/contracts'

export const outcomeFaces: Record<StatementOutcome, { word: string; icon: string; tone: string }> = {
  executed: { word: 'Executed', icon: 'i-lucide-circle-check', tone: 'text-success' },
  failed: { word: 'Failed', icon: 'i-lucide-circle-x', tone: 'text-error' },
  'not-executed': { word: 'Not executed', icon: 'i-lucide-circle-dashed', tone: 'text-muted' },
  'rolled-back': { word: 'Rolled back', icon: 'i-lucide-undo-2', tone: 'text-warning' },
}

export const effectsWords: Record<Effects, string> = {
  none: 'Nothing was changed on the target.',
  'rolled-back': 'Everything was rolled back: the data is as before.',
  partial: 'Some statements were committed before it stopped.',
  unknown: 'What the database kept is not known.',
}

import type { RequestStatus } from '@sre-portal/contracts'

interface StatusFace {
  word: string
  icon: string
  /** Classes of the badge; the dot of charts and counts takes `bar`. */
  tone: string
  bar: string
}

const neutral =
  'bg-zinc-100 text-zinc-700 ring-zinc-500/25 dark:bg-zinc-400/10 dark:text-zinc-300 dark:ring-zinc-400/25'

/** One word, one icon and one colour a status, for every place that shows one. */
export const statusFaces: Record<RequestStatus, StatusFace> = {
  PENDING: {
    word: 'Pending',
    icon: 'i-lucide-clock',
    tone: 'bg-amber-100 text-amber-900 ring-amber-600/30 dark:bg-amber-400/10 dark:text-amber-300 dark:ring-amber-400/30',
    bar: 'bg-amber-500',
  },
  APPROVED: {
    word: 'Approved',
    icon: 'i-lucide-thumbs-up',
    tone: 'bg-sky-100 text-sky-900 ring-sky-600/30 dark:bg-sky-400/10 dark:text-sky-300 dark:ring-sky-400/30',
    bar: 'bg-sky-500',
  },
  REJECTED: { word: 'Rejected', icon: 'i-lucide-ban', tone: neutral, bar: 'bg-zinc-500' },
  WITHDRAWN: { word: 'Withdrawn', icon: 'i-lucide-undo-2', tone: neutral, bar: 'bg-zinc-400' },
  CANCELLED: { word: 'Cancelled', icon: 'i-lucide-circle-slash', tone: neutral, bar: 'bg-zinc-400' },
  EXECUTING: {
    word: 'Executing',
    icon: 'i-lucide-loader-circle',
    tone: 'bg-indigo-100 text-indigo-900 ring-indigo-600/30 dark:bg-indigo-400/15 dark:text-indigo-300 dark:ring-indigo-400/30',
    bar: 'bg-indigo-500',
  },
  EXECUTED: {
    word: 'Executed',
    icon: 'i-lucide-circle-check',
    tone: 'bg-emerald-100 text-emerald-900 ring-emerald-600/30 dark:bg-emerald-400/10 dark:text-emerald-300 dark:ring-emerald-400/30',
    bar: 'bg-emerald-500',
  },
  FAILED: {
    word: 'Failed',
    icon: 'i-lucide-circle-x',
    tone: 'bg-rose-100 text-rose-900 ring-rose-600/30 dark:bg-rose-400/10 dark:text-rose-300 dark:ring-rose-400/30',
    bar: 'bg-rose-500',
  },
  UNKNOWN: {
    word: 'Unknown',
    icon: 'i-lucide-circle-help',
    tone: 'bg-orange-100 text-orange-900 ring-orange-600/40 dark:bg-orange-400/10 dark:text-orange-300 dark:ring-orange-400/40',
    bar: 'bg-orange-500',
  },
}

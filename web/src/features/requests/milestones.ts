import type { RequestDetail } from '@sre-portal/contracts'
import { plural } from '../../components/numbers.ts'
import { duration } from '../../components/times.ts'
import { isolated } from '../../components/isolated.ts'

export interface Milestone {
  title: string
  text: string
  at: string
  icon: string
}

const decisionFaces = {
  approved: ['Approved', 'i-lucide-thumbs-up'],
  rejected: ['Rejected', 'i-lucide-ban'],
  withdrawn: ['Withdrawn', 'i-lucide-undo-2'],
  cancelled: ['Cancelled', 'i-lucide-circle-slash'],
} as const

/** What has happened so far, in words, from what the detail says. */
export function milestonesOf(request: RequestDetail): Milestone[] {
  const { decision, execution, settlement } = request
  const found: Milestone[] = [
    {
      title: 'Submitted',
      text: `by ${isolated(request.requester.name)}`,
      at: request.submittedAt,
      icon: 'i-lucide-send',
    },
  ]
  if (decision) {
    const [title, icon] = decisionFaces[decision.kind]
    found.push({ title, icon, at: decision.at, text: `by ${isolated(decision.by.name)}` })
  }
  if (execution) {
    found.push({ title: 'Started', text: '', at: execution.startedAt, icon: 'i-lucide-play' })
    if (execution.cancellationRequestedBy && !execution.finishedAt) {
      const text = `asked for by ${isolated(execution.cancellationRequestedBy.name)}`
      found.push({ title: 'Stopping', text, at: request.updatedAt, icon: 'i-lucide-octagon-x' })
    }
    if (execution.unknownReason) {
      const at = execution.finishedAt ?? request.updatedAt
      found.push({
        title: 'Outcome unknown',
        text: execution.unknownReason,
        at,
        icon: 'i-lucide-circle-help',
      })
    } else if (execution.finishedAt) found.push(finishOf(request, execution.finishedAt))
  }
  if (settlement) {
    const title = settlement.outcome === 'EXECUTED' ? 'Settled as executed' : 'Settled as failed'
    found.push({
      title,
      text: `by ${isolated(settlement.by.name)}: ${isolated(settlement.reason)}`,
      at: settlement.at,
      icon: 'i-lucide-gavel',
    })
  }
  return found.sort((a, b) => a.at.localeCompare(b.at))
}

function finishOf({ execution, status }: RequestDetail, at: string): Milestone {
  const isWhole = status === 'EXECUTED' && !execution?.cutBy
  const rows = execution?.storedRows
    ? `${plural(execution.storedRows, 'row')}${isWhole ? '' : ' stored'}`
    : ''
  const affected = execution?.affectedRows ? `${plural(execution.affectedRows, 'row')} affected` : ''
  const took = execution?.durationMs == null ? '' : duration(execution.durationMs)
  const text = [rows, affected, took].filter(Boolean).join(', ')
  if (status === 'CANCELLED') {
    const by = execution?.cancellationRequestedBy
      ? `by ${isolated(execution.cancellationRequestedBy.name)}`
      : ''
    return {
      title: 'Stopped',
      text: [by, text].filter(Boolean).join(', '),
      at,
      icon: 'i-lucide-circle-slash',
    }
  }
  if (execution?.error)
    return { title: 'Failed', text: isolated(execution.error.message), at, icon: 'i-lucide-circle-x' }
  return { title: 'Executed', text, at, icon: 'i-lucide-circle-check' }
}

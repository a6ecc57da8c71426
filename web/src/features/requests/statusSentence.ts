import type { Execution, RequestDetail } from '@sre-portal/contracts'
import { isolated } from '../../components/isolated.ts'

/** Where the request stands and who is next, in one sentence. */
export function statusSentence(request: RequestDetail): string {
  const { decision, execution } = request
  const by = decision ? isolated(decision.by.name) : 'somebody'
  switch (request.status) {
    case 'PENDING': {
      const names = request.reviewers.map((reviewer) => isolated(reviewer.name))
      return names.length > 0
        ? `Waiting for ${names.join(' or ')}.`
        : 'Waiting, but nobody can decide: the pod needs a manager or deputy.'
    }
    case 'APPROVED':
      return `Approved by ${by}; an executor takes it next.`
    case 'REJECTED':
      return `Rejected by ${by}. It will not run.`
    case 'WITHDRAWN':
      return `Withdrawn by ${by}. It will not run.`
    case 'CANCELLED':
      return execution ? stoppedSentence(execution) : `Cancelled by ${by} before it ran.`
    case 'EXECUTING':
      return `Approved by ${by}, executing now.`
    case 'EXECUTED':
      return request.settlement
        ? `Settled as executed by ${isolated(request.settlement.by.name)}.`
        : `Approved by ${by} and executed once.`
    case 'FAILED':
      return request.settlement
        ? `Settled as failed by ${isolated(request.settlement.by.name)}.`
        : `Approved by ${by}; it failed.`
    case 'UNKNOWN':
      return 'It was started, and its outcome is not known.'
  }
}

const stoppedSentence = ({ cancellationRequestedBy }: Execution) =>
  cancellationRequestedBy
    ? `Stopped by ${isolated(cancellationRequestedBy.name)} while it ran.`
    : 'Stopped while it ran.'

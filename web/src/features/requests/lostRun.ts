import {
  lostStatementCode,
  type RequestStatus,
  type ResultHead,
  type StatementHead,
} from '@sre-portal/contracts'
import { plural } from '../../components/numbers.ts'

/** True for a statement whose answer was lost with its executor. */
export const isLost = ({ error }: Pick<StatementHead, 'error'>) => error?.code === lostStatementCode

/** True when the executor was lost before it could store the result: what is here is what had been answered by then. */
export const wasLost = ({ error, statements }: ResultHead) =>
  error?.code === lostStatementCode || statements.some(isLost)

/** Up to where the run is known, in words; null when its executor stored the result itself. */
export function knownUpTo(head: ResultHead, status: RequestStatus): string | null {
  if (!wasLost(head)) return null
  const { length } = head.statements
  const lost = head.statements.filter(isLost).length
  const answered = `${length - lost} of ${plural(length, 'statement')} had answered before the executor was lost; what they answered is here.`
  return lost === 0 ? answered : `${answered} ${ofTheOthers(lost, status)}`
}

function ofTheOthers(lost: number, status: RequestStatus): string {
  const others = lost === 1 ? 'the other one' : `the other ${lost}`
  switch (status) {
    case 'UNKNOWN':
      return `Of ${others} it is not known what became of ${lost === 1 ? 'it' : 'them'}: look at the target before you settle.`
    case 'EXECUTED':
      return `What ${others} answered is lost.`
    default:
      return `Of ${others} it is not known whether ${lost === 1 ? 'it was' : 'they were'} sent.`
  }
}

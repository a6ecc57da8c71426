import {
  lostStatementCode,
  requestEventSchemas,
  type HistoryStep,
  type RequestEvent,
  type StatementHead,
} from '@sre-portal/contracts'

type StatementExecuted = (RequestEvent & { type: 'StatementExecuted' })['data']

/** What a run's events say of its statements: those that had answered, as heads of a result without stored rows, and how many had not. */
export function answeredStatements(steps: readonly HistoryStep[]): {
  answered: StatementHead[]
  unknown: number
} {
  const told = steps.flatMap(({ type, data }) => {
    const event = type === 'StatementExecuted' ? requestEventSchemas.StatementExecuted.safeParse(data) : null
    return event?.data ? [event.data] : []
  })
  const answered = told.filter(({ error }) => error?.code !== lostStatementCode)
  return { answered: answered.map(headOf), unknown: told.length - answered.length }
}

function headOf(data: StatementExecuted): StatementHead {
  const { ordinal, text, parameters, rowCount, affectedRows, durationMs, error, outcome } = data
  return {
    ...{ ordinal, text, parameters, rowCount, affectedRows, durationMs, error },
    columns: rowCount === null ? [] : [{ name: '', type: '' }],
    offset: null,
    command: null,
    outcome: outcome ?? (error === null ? 'executed' : 'failed'),
    storedRows: 0,
    cutBy: null,
  }
}

import { requestEventSchemas, type HistoryStep, type StatementHead } from '@sre-portal/contracts'

/** The statements that a script's run recorded one by one, as heads of a result without stored rows. */
export function answeredStatements(steps: readonly HistoryStep[]): StatementHead[] {
  return steps.flatMap((step) => {
    if (step.type !== 'StatementExecuted') return []
    const { data } = requestEventSchemas.StatementExecuted.safeParse(step.data)
    if (!data) return []
    const { ordinal, text, parameters, rowCount, affectedRows, durationMs, error } = data
    const columns = rowCount === null ? [] : [{ name: '', type: '' }]
    return [
      {
        ...{ ordinal, text, parameters, rowCount, affectedRows, durationMs, error, columns },
        offset: null,
        command: null,
        outcome: error === null ? 'executed' : 'failed',
        storedRows: 0,
        cutBy: null,
      },
    ]
  })
}

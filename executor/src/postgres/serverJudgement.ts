import { lastingCall } from '@sre-portal/analysis/sql/lastingEffects'
import type { Statement } from '@sre-portal/analysis/sql/statements'
import { changeBits, reachQuery } from './reachQuery.ts'
import type { PostgresSession } from './session.ts'

/** What the target's catalog adds to what the text of statements tells. */
export interface ServerJudgement {
  /** True when a name that looks like PostgreSQL's own, or like a column, may be a function or operator of the users' own that writes: it must not run READ ONLY. */
  writes: boolean
  /** What may run that can't be judged or that no rollback takes back, in words, also where READ ONLY lets it pass: it may reach out of the transaction. */
  unseen: string | null
}

/** What is told where the target gave no answer. */
export const notAsked: ServerJudgement = {
  writes: false,
  unseen: 'The database could not tell what the statement reaches, so what that does is not known.',
}

/** Asks the target what these statements reach: by names, and from their relations by views, triggers, defaults, checks, indexes, types and what else hangs on them. */
export async function judgeOnServer(
  session: PostgresSession,
  statements: Statement[],
): Promise<ServerJudgement> {
  const found = await session.command(reachQuery, namesOf(statements))
  const told = found.flatMap(([kind, name, , by]) => sentence(kind ?? '', name ?? '', by ?? null) ?? [])
  return { writes: found.some(([, , writes]) => writes === 't'), unseen: told[0] ?? null }
}

/** What is asked of these statements: those of which the same is asked are answered alike. */
export function namesOf(statements: Statement[]): unknown[] {
  const all = (kind: 'functions' | 'operators' | 'attributes' | 'operatorClasses' | 'types') => [
    ...new Set(statements.flatMap((statement) => statement[kind])),
  ]
  const relations = new Map<string, number>()
  for (const { name, changes } of statements.flatMap((statement) => statement.relations))
    relations.set(
      name,
      changes.reduce((bits, change) => bits | changeBits[change], relations.get(name) ?? 0),
    )
  return [
    ...[all('functions'), all('operators'), all('attributes')],
    ...[[...relations.keys()], [...relations.values()]],
    ...[all('operatorClasses'), all('types'), statements.some(({ isDefinition }) => isDefinition)],
  ]
}

function sentence(kind: string, name: string, by: string | null): string | null {
  switch (kind) {
    case 'text': {
      const effect = lastingCall(by ?? '')
      return effect && `${capital(name)} is reached: ${effect}`
    }
    case 'identity':
      return `The column ${name} takes numbers of a sequence, and no rollback gives them back.`
    case 'beyond bounds':
      return 'The statement reaches more objects of the database than are looked through, so what they do is not known.'
    default: {
      const way = by === null ? '' : ` by the ${by}`
      return `The ${kind} ${name} of the database may be reached${way}, and what it does can't be told from the text.`
    }
  }
}

const capital = (text: string) => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`

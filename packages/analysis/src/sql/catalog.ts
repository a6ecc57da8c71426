import catalog from './postgresCatalog.json' with { type: 'json' }

/** How far a function of PostgreSQL's own may act, by its catalog; null for a name that is not PostgreSQL's own. */
export type Volatility = 'immutable' | 'stable' | 'volatile'

const namesIn = (list: string) => new Set(list.split(' '))
const functions: Record<Volatility, ReadonlySet<string>> = {
  immutable: namesIn(catalog.immutable),
  stable: namesIn(catalog.stable),
  volatile: namesIn(catalog.volatile),
}
const operators = namesIn(catalog.operators)
const types = namesIn(catalog.types)

/** The version of the server that these names are from: `npm run postgres-catalog` takes them anew. */
export const catalogVersion = catalog.serverVersion

export const volatilityOf = (name: string): Volatility | null =>
  (['immutable', 'stable', 'volatile'] as const).find((volatility) => functions[volatility].has(name)) ?? null

export const isOwnOperator = (name: string): boolean => operators.has(name)
export const isOwnType = (name: string): boolean => types.has(name)

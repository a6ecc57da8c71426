import type { Engine, RequestKind } from '@sre-portal/contracts'

export type CodeLanguage = 'sql' | 'javascript' | 'mongo' | 'json'

export function languageOf(engine: Engine, kind: RequestKind): CodeLanguage {
  if (kind === 'script') return 'javascript'
  return engine === 'mongodb' ? 'mongo' : 'sql'
}

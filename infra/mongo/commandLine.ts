import type { MongoProgram } from './program.ts'

export interface MongoPlace {
  /** An existing folder for this server alone. */
  dataDir: string
  port: number
  /** mongod only: refuses who has not signed in. */
  withLogins?: boolean
  /** mongod only: the replica set that it is a member of. */
  replicaSet?: string
}

/** Arguments that make the program serve `dataDir` on 127.0.0.1. */
export function mongoArguments(
  { product }: MongoProgram,
  { dataDir, port, withLogins, replicaSet }: MongoPlace,
): string[] {
  if (product === 'mongodb') {
    const further = [...(withLogins ? ['--auth'] : []), ...(replicaSet ? ['--replSet', replicaSet] : [])]
    return ['--port', String(port), '--dbpath', dataDir, '--bind_ip', '127.0.0.1', ...further]
  }
  return [
    '--handler=sqlite',
    `--sqlite-url=file:${dataDir}/`,
    `--listen-addr=127.0.0.1:${port}`,
    `--state-dir=${dataDir}`,
    '--debug-addr=-',
    '--telemetry=disable',
    '--log-level=error',
  ]
}

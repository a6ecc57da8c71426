import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Client } from 'pg'
import { inDatabase, withClient } from '@sre-portal/infra/databases.ts'
import { removePostgresData } from '@sre-portal/infra/postgres/remove.ts'
import { startPostgres, type RunningPostgres } from '@sre-portal/infra/postgres/server.ts'
import type { LoggedStatement, Mark } from '../faults/history.ts'

export const targetDatabase = 'orders'
const login = { user: 'app', password: 'app-of-tests' }
const logPrefix = '<<%a>> '
const logLine = /^<<(.*?)>> LOG: {2}(?:statement|execute [^:]*): (.*)$/

/** A PostgreSQL of its own as the target of requests: it is killed and started again, and it logs what it is asked. */
export class TargetServer {
  readonly port: number
  readonly login = login
  readonly #folder: string
  readonly #adminPassword: string
  readonly #statements: LoggedStatement[]
  #server: RunningPostgres | null

  private constructor(
    folder: string,
    adminPassword: string,
    statements: LoggedStatement[],
    server: RunningPostgres,
  ) {
    this.#folder = folder
    this.#adminPassword = adminPassword
    this.#statements = statements
    this.#server = server
    this.port = server.port
  }

  static async open(): Promise<TargetServer> {
    const folder = await mkdtemp(join(tmpdir(), `sre-portal-test-${process.pid}-target-`))
    await chmod(folder, 0o711)
    const adminPassword = randomBytes(16).toString('hex')
    const statements: LoggedStatement[] = []
    const server = await startPostgres({ ...optionsOf(folder, adminPassword, statements), port: 0 })
    const target = new TargetServer(folder, adminPassword, statements, server)
    await withClient(server.adminUrl, async (client) => {
      await client.query(`create role ${login.user} login password '${login.password}'`)
      await client.query(`create database ${targetDatabase} owner ${login.user}`)
      await client.query(`alter system set log_statement = 'all'`)
      await client.query(`alter system set log_line_prefix = '${logPrefix}'`)
      await client.query('select pg_reload_conf()')
    })
    await target.ask((client) =>
      client.query(`
        create table marks (text text not null, application text not null default current_setting('application_name'));
        create table victims (n int);
        insert into victims values (1);
        grant select, insert on marks to ${login.user};
        grant select on victims to ${login.user}`),
    )
    return target
  }

  /** Asks the database itself, past every proxy, as its administrator. */
  ask<T>(work: (client: Client) => Promise<T>): Promise<T> {
    const admin = `postgres://postgres:${this.#adminPassword}@127.0.0.1:${this.port}/postgres`
    return withClient(inDatabase(admin, targetDatabase), work)
  }

  get isRunning(): boolean {
    return this.#server !== null
  }

  /** What it was asked by sessions of the portal, as its log tells. */
  statements(): LoggedStatement[] {
    return this.#statements
  }

  async marks(): Promise<Mark[]> {
    return this.ask(async (client) => (await client.query<Mark>('select text, application from marks')).rows)
  }

  /** Ends every session that runs a statement of the portal. */
  async terminateSessions(): Promise<void> {
    await this.ask((client) =>
      client.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'sre-portal %' and state <> 'idle'`,
      ),
    )
  }

  /** Ends the server at once; the next start recovers. */
  async crash(): Promise<void> {
    const server = this.#server
    this.#server = null
    server?.kill()
    await server?.ended
  }

  async start(): Promise<void> {
    this.#server ??= await startPostgres({
      ...optionsOf(this.#folder, this.#adminPassword, this.#statements),
      port: this.port,
    })
  }

  async close(): Promise<void> {
    await this.#server?.stop()
    this.#server = null
    await removePostgresData(join(this.#folder, 'postgres'))
    await rm(this.#folder, { recursive: true, force: true })
  }
}

// Really durable: what it has acknowledged must be there after a crash.
function optionsOf(folder: string, adminPassword: string, statements: LoggedStatement[]) {
  return {
    dataDir: join(folder, 'postgres'),
    adminPassword,
    durable: true,
    onLog: (line: string) => noteStatement(statements, line),
  }
}

function noteStatement(statements: LoggedStatement[], line: string): void {
  const last = statements.at(-1)
  // The further lines of a statement begin with a tab.
  if (line.startsWith('\t') && last) last.text += `\n${line.slice(1)}`
  const [, application, text] = logLine.exec(line) ?? []
  if (application?.startsWith('sre-portal ') && text !== undefined) statements.push({ application, text })
}

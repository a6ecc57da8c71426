import pg from 'pg'
import type { EventEmitter } from 'node:events'
import { Socket, type LookupFunction } from 'node:net'
import type { Duplex } from 'node:stream'
import { addressCheck, checkedLookup, ensureConnectable } from '../addresses/addressCheck.ts'
import { sendCancelRequest } from './cancelRequest.ts'
import { ColumnTypes } from './columnTypes.ts'
import {
  ConnectionLost,
  isRefusedConnection,
  TargetUnreachable,
  unreachableMessage,
} from './databaseError.ts'
import { KeptBytes, maxKeptTextBytes } from '../results/keptBytes.ts'
import { guardMessages } from './messageGuard.ts'
import { guardPassword } from './passwordGuard.ts'
import { Notices } from './notices.ts'
import { PortalRun, type PortalEnd, type RowSink } from './portal.ts'
import { changedSetting, pinSettings, reportedSettings, type SessionSettings } from './sessionSettings.ts'
import type { PostgresTarget, SessionBounds } from './target.ts'

/** What is kept of a text is cut behind a whole character, which takes four bytes at most. */
const messageBounds = { maxBytes: 32 * 1024 * 1024, maxTextBytes: maxKeptTextBytes + 4 }
const cancelTimeoutMs = 2000

const rawText = { getTypeParser: () => (value: string) => value }

/** A server process, told apart from a later one of the same number. */
export interface Backend {
  pid: string
  startedAt: string
}

/** One connection to a target for one run; closed after it, so that no setting or lock outlives the run. */
export class PostgresSession {
  readonly types = new ColumnTypes()
  readonly notices: Notices
  readonly target: PostgresTarget
  readonly bounds: SessionBounds
  readonly #client: pg.Client
  readonly #lookup: LookupFunction
  readonly #reported = new Map<string, string>()
  #settings: SessionSettings = new Map()
  #changed: string | null = null
  #backend: Backend | null = null
  #serverMajor = 0
  #systemIdentifier: string | undefined
  #portals = 0
  #lost: Error | null = null
  #tooLarge: number | null = null

  private constructor(
    client: pg.Client,
    target: PostgresTarget,
    bounds: SessionBounds,
    lookup: LookupFunction,
    kept: KeptBytes,
  ) {
    this.notices = new Notices(kept)
    this.#client = client
    this.target = target
    this.bounds = bounds
    this.#lookup = lookup
    client.on('error', (error) => {
      this.#lost ??= error
    })
    client.on('end', () => {
      this.#lost ??= new Error('Connection terminated')
    })
    client.on('notice', (notice) => this.notices.take(notice))
    guardMessages(this.#connection, messageBounds, (bytes) => {
      this.#tooLarge = bytes
      this.#connection.stream.destroy(new Error('message too large'))
    })
    this.#connection.on('parameterStatus', ({ parameterName, parameterValue }) =>
      this.#report(parameterName, parameterValue),
    )
  }

  /** Opens and bounds a session. Throws TargetUnreachable with a message that is safe to show. */
  static async open(
    target: PostgresTarget,
    bounds: SessionBounds,
    applicationName: string,
    kept = new KeptBytes(),
  ): Promise<PostgresSession> {
    const lookup = await lookupFor(target, bounds)
    const client = new pg.Client({
      host: target.host,
      port: target.port,
      database: target.database,
      user: target.username,
      password: target.password,
      ssl: target.tls ? { rejectUnauthorized: true } : false,
      application_name: applicationName,
      connectionTimeoutMillis: bounds.connectTimeoutMs,
      keepAlive: true,
      stream: () => socketThatResolvesBy(lookup),
      types: rawText as unknown as pg.CustomTypesConfig,
    })
    guardPassword(client, target.tls)
    const session = new PostgresSession(client, target, bounds, lookup, kept)
    // The driver's own limit ends with the handshake; a server can fall silent after it.
    const tooLate = setTimeout(
      () => session.destroy(new Error('timeout expired')),
      bounds.connectTimeoutMs * 2,
    )
    try {
      await client.connect()
      await session.#prepare()
    } catch (error) {
      session.destroy()
      throw new TargetUnreachable(unreachableMessage(error), isRefusedConnection(error))
    } finally {
      clearTimeout(tooLate)
    }
    return session
  }

  /** A statement of the portal's own, schema-qualified to its last operator and cast; its few rows as text. */
  async command(text: string, values: unknown[] = []): Promise<(string | null)[][]> {
    return (await this.#send(text, values)).rows
  }

  /** A statement of the portal's own; answers the server's word for what it did: COMMIT can be answered by ROLLBACK. */
  async tagOf(text: string): Promise<string> {
    return (await this.#send(text, [])).command
  }

  /** A statement of the user's, its rows into `sink`. Throws pg's DatabaseError for what the server refused, else ConnectionLost. */
  async run(
    text: string,
    values: (string | Buffer | null)[],
    sink: RowSink,
    afterCut: 'suspend' | 'drain',
  ): Promise<PortalEnd & { portal: string }> {
    this.#portals += 1
    const portal = new PortalRun(`portal_${this.#portals}`, text, values, sink, afterCut)
    try {
      this.#client.query(portal as unknown as pg.Submittable)
      return { ...(await portal.ended), portal: portal.name }
    } catch (error) {
      throw await this.#explain(error)
    }
  }

  /** Runs an open portal to its end without sending its rows; answers how many there were. */
  async moveToEnd(portal: string): Promise<number> {
    try {
      const result = await this.#client.query(`move forward all in "${portal}"`)
      return result.rowCount ?? 0
    } catch (error) {
      throw await this.#explain(error)
    }
  }

  /** Makes sure that the names of these types are known; does nothing where the transaction can't answer. */
  async learnTypes(oids: number[]): Promise<void> {
    await this.types.learn(oids, (query, values) => this.command(query, values))
  }

  /** True when a statement failed within the open transaction, so that the server would turn COMMIT into ROLLBACK. */
  get inFailedTransaction(): boolean {
    return this.#client.getTransactionStatus() === 'E'
  }

  get serverMajor(): number {
    return this.#serverMajor
  }

  /** Of the cluster that this session is on; undefined where it doesn't say. */
  get systemIdentifier(): string | undefined {
    return this.#systemIdentifier
  }

  /** The server's process of this session; null before it was asked. */
  get backend(): Backend | null {
    return this.#backend
  }

  /** Why nothing can be sent any more, or null while the session stands as far as anybody knows. */
  get lost(): ConnectionLost | null {
    return this.#lost ? lostBy(this.#lost) : null
  }

  /** A pinned setting that the server reported as changed, whatever became of it later. */
  get reportedChange(): string | null {
    return this.#changed
  }

  /** Asks for every pinned setting; the name of one that was changed, or null. Only where the transaction can answer. */
  async askForChange(): Promise<string | null> {
    return this.#changed ?? (await changedSetting((query) => this.command(query), this.#settings))
  }

  /** Asks the server to stop what runs now. */
  async cancel(): Promise<void> {
    const { processID, secretKey } = this.#client as unknown as {
      processID: number | null
      secretKey: number | null
    }
    if (processID === null || secretKey === null) return
    await sendCancelRequest(
      { ...this.target, lookup: this.#lookup },
      { processId: processID, secretKey },
      cancelTimeoutMs,
    )
  }

  /** Ends the session in good order, or by force when the server doesn't answer. */
  async close(): Promise<void> {
    if (this.#lost) {
      this.destroy()
      return
    }
    const forced = setTimeout(() => this.destroy(), cancelTimeoutMs)
    await this.#client.end().catch(() => undefined)
    clearTimeout(forced)
  }

  /** Drops the socket: the server undoes an open transaction when it notices. */
  destroy(reason = new Error('closed')): void {
    this.#lost ??= reason
    this.#connection.stream.destroy(reason)
  }

  async #prepare(): Promise<void> {
    const [row] = await this.command(`
      select pg_catalog.current_setting('server_version_num'), a.pid, a.backend_start
      from pg_catalog.pg_stat_activity a where a.pid operator(pg_catalog.=) pg_catalog.pg_backend_pid()`)
    const [version, pid, startedAt] = row ?? []
    this.#serverMajor = Math.floor(Number(version ?? 0) / 10_000)
    if (pid && startedAt) this.#backend = { pid, startedAt }
    this.#systemIdentifier = await this.#askSystemIdentifier()
    const settings = await pinSettings((query) => this.command(query), this.#serverMajor, this.bounds)
    this.#changed = null
    this.#settings = settings
  }

  /** Asked before anything is open: where the login may not ask, nothing is lost by it. */
  async #askSystemIdentifier(): Promise<string | undefined> {
    try {
      const [row] = await this.command('select system_identifier from pg_catalog.pg_control_system()')
      return row?.[0] ?? undefined
    } catch (error) {
      if (isRefusal(error)) return undefined
      throw error
    }
  }

  #report(name: string, value: string): void {
    if (this.#settings.size > 0 && reportedSettings.includes(name) && this.#reported.get(name) !== value)
      this.#changed ??= name
    this.#reported.set(name, value)
  }

  async #send(text: string, values: unknown[]): Promise<pg.QueryArrayResult<(string | null)[]>> {
    try {
      return await this.#client.query<(string | null)[]>({ text, values, rowMode: 'array' })
    } catch (error) {
      throw await this.#explain(error)
    }
  }

  get #connection(): ConnectionOfClient {
    return (this.#client as unknown as { connection: ConnectionOfClient }).connection
  }

  /**
   * An error is a refusal, and undoes its transaction, when the session goes on after it: the answer to an empty query shows that, and
   * tells in which state the transaction is. When the session ends with it (FATAL, whatever its word in the server's language), it proves nothing.
   */
  async #explain(error: unknown): Promise<unknown> {
    if (this.#tooLarge !== null) {
      const mebibytes = Math.ceil(this.#tooLarge / 1024 / 1024)
      return new RowTooLarge(
        `A row of ${mebibytes} MiB is larger than the portal reads (32 MiB). Select less of it.`,
      )
    }
    if (!(error instanceof pg.DatabaseError)) return this.lost ?? lostBy(error)
    try {
      await this.#client.query('')
      return error
    } catch {
      // The server's last words say more than the end of the connection that came with them.
      this.#lost = error
      return lostBy(error)
    }
  }
}

/** What of pg's client is reached into: its socket, what it hands to its parser, and the server's reports of settings. */
interface ConnectionOfClient {
  stream: Duplex
  attachListeners(stream: EventEmitter): void
  on(
    event: 'parameterStatus',
    told: (report: { parameterName: string; parameterValue: string }) => void,
  ): void
}

const lostBy = (error: unknown): ConnectionLost =>
  error instanceof ConnectionLost
    ? error
    : new ConnectionLost(unreachableMessage(error), error instanceof pg.DatabaseError ? error : null)

/** @throws TargetUnreachable for an address that the portal does not connect to */
async function lookupFor(target: PostgresTarget, bounds: SessionBounds): Promise<LookupFunction> {
  try {
    const check = await addressCheck(bounds.addresses)
    await ensureConnectable([target], check)
    return checkedLookup(check, () => [target.port])
  } catch (error) {
    throw new TargetUnreachable(unreachableMessage(error), isRefusedConnection(error))
  }
}

/** pg has no option for a look-up of names: it connects the socket that it is given by port and host. */
function socketThatResolvesBy(lookup: LookupFunction): Socket {
  const socket = new Socket()
  const connect = socket.connect.bind(socket)
  return Object.assign(socket, { connect: (port: number, host: string) => connect({ port, host, lookup }) })
}

/** Thrown when one row is larger than the portal ever reads; the connection is gone, an open transaction undone. */
export class RowTooLarge extends Error {
  override readonly name = 'RowTooLarge'
}

/** True when the server refused a statement and the session goes on: its transaction is undone. */
export const isRefusal = (error: unknown): error is pg.DatabaseError => error instanceof pg.DatabaseError

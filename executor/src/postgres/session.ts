import pg from 'pg'
import { Socket, type LookupFunction } from 'node:net'
import type { Duplex } from 'node:stream'
import { addressCheck, checkedLookup, ensureConnectable } from '../addresses/addressCheck.ts'
import { sendCancelRequest } from './cancelRequest.ts'
import { ColumnTypes, columnTypesQuery } from './columnTypes.ts'
import { ConnectionLost, TargetUnreachable, unreachableMessage } from './databaseError.ts'
import { guardMessages } from './messageGuard.ts'
import { PortalRun, type PortalEnd, type RowSink } from './portal.ts'
import type { PostgresTarget, SessionBounds } from './target.ts'

const maxMessageBytes = 32 * 1024 * 1024
const maxNotices = 200
const maxNoticeLength = 2000
const cancelTimeoutMs = 2000

const rawText = { getTypeParser: () => (value: string) => value }

/** One connection to a target for one run; closed after it, so that no setting or lock outlives the run. */
export class PostgresSession {
  readonly types = new ColumnTypes()
  readonly notices: string[] = []
  readonly #client: pg.Client
  readonly #target: PostgresTarget
  readonly #lookup: LookupFunction
  #portals = 0
  #lost: Error | null = null
  #tooLarge: number | null = null

  private constructor(client: pg.Client, target: PostgresTarget, lookup: LookupFunction) {
    this.#client = client
    this.#target = target
    this.#lookup = lookup
    client.on('error', (error) => {
      this.#lost ??= error
    })
    client.on('notice', (notice) => {
      if (this.notices.length === maxNotices) this.notices.push('Further notices were not kept.')
      if (this.notices.length > maxNotices) return
      this.notices.push(`${notice.severity ?? 'NOTICE'}: ${(notice.message ?? '').slice(0, maxNoticeLength)}`)
    })
  }

  /** Opens and bounds a session. Throws TargetUnreachable with a message that is safe to show. */
  static async open(
    target: PostgresTarget,
    bounds: SessionBounds,
    applicationName: string,
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
    const session = new PostgresSession(client, target, lookup)
    try {
      await client.connect()
      session.#guard()
      await session.#bound(bounds)
    } catch (error) {
      session.destroy()
      throw new TargetUnreachable(unreachableMessage(error))
    }
    return session
  }

  /** A statement of the portal's own; its few rows as text. */
  async command(text: string, values: unknown[] = []): Promise<(string | null)[][]> {
    try {
      const result = await this.#client.query<(string | null)[]>({ text, values, rowMode: 'array' })
      return result.rows
    } catch (error) {
      throw this.#explain(error)
    }
  }

  /** A statement of the user's, its rows into `sink`. Throws pg's DatabaseError for the server's own errors, else ConnectionLost. */
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
      // The error comes before the server says in which state its transaction is; the answer to an empty query comes after.
      if (isRefusal(error)) await this.#client.query('').catch(() => undefined)
      throw this.#explain(error)
    }
  }

  /** Runs an open portal to its end without sending its rows; answers how many there were. */
  async moveToEnd(portal: string): Promise<number> {
    try {
      const result = await this.#client.query(`move forward all in "${portal}"`)
      return result.rowCount ?? 0
    } catch (error) {
      throw this.#explain(error)
    }
  }

  /** Makes sure that the names of these types are known; does nothing where the transaction can't answer. */
  async learnTypes(oids: number[]): Promise<void> {
    await this.types.learn(oids, async (missing) => {
      const rows = await this.command(columnTypesQuery, [`{${missing.join(',')}}`])
      return rows.map(([oid, name]) => ({ oid: Number(oid), name: name ?? '' }))
    })
  }

  /** True when a statement failed within the open transaction, so that the server would turn COMMIT into ROLLBACK. */
  get inFailedTransaction(): boolean {
    return this.#client.getTransactionStatus() === 'E'
  }

  get serverMajor(): number {
    return this.#serverMajor
  }

  /** Asks the server to stop what runs now. */
  async cancel(): Promise<void> {
    const { processID, secretKey } = this.#client as unknown as {
      processID: number | null
      secretKey: number | null
    }
    if (processID === null || secretKey === null) return
    await sendCancelRequest(
      { ...this.#target, lookup: this.#lookup },
      { processId: processID, secretKey },
      cancelTimeoutMs,
    )
  }

  /** Ends the session in good order, or by force when the server doesn't answer. */
  async close(): Promise<void> {
    if (this.#lost) return
    const forced = setTimeout(() => this.destroy(), cancelTimeoutMs)
    await this.#client.end().catch(() => undefined)
    clearTimeout(forced)
  }

  /** Drops the socket: the server undoes an open transaction when it notices. */
  destroy(): void {
    this.#lost ??= new Error('closed')
    this.#stream().destroy()
  }

  #serverMajor = 0

  async #bound(bounds: SessionBounds): Promise<void> {
    const milliseconds = {
      statement_timeout: bounds.statementTimeoutMs,
      lock_timeout: bounds.lockTimeoutMs,
      idle_in_transaction_session_timeout: bounds.statementTimeoutMs,
    }
    const settings = Object.entries(milliseconds).map(
      ([name, value]) => `set_config('${name}', '${value}', false)`,
    )
    const [row] = await this.command(`select current_setting('server_version_num'), ${settings.join(', ')}`)
    this.#serverMajor = Math.floor(Number(row?.[0] ?? 0) / 10_000)
    // Servers that can't watch a client's socket (macOS, Windows) refuse this one; the others then still bound the session.
    if (this.#serverMajor >= 14) {
      await this.command(`select set_config('client_connection_check_interval', '500', false)`).catch(
        () => undefined,
      )
    }
  }

  #guard(): void {
    const stream = this.#stream()
    guardMessages(stream, maxMessageBytes, (bytes) => {
      this.#tooLarge = bytes
      stream.destroy(new Error('message too large'))
    })
  }

  #stream(): Duplex {
    return (this.#client as unknown as { connection: { stream: Duplex } }).connection.stream
  }

  #explain(error: unknown): unknown {
    if (this.#tooLarge !== null) {
      const mebibytes = Math.ceil(this.#tooLarge / 1024 / 1024)
      return new RowTooLarge(
        `A row of ${mebibytes} MiB is larger than the portal reads (32 MiB). Select less of it.`,
      )
    }
    if (error instanceof pg.DatabaseError) return error
    return new ConnectionLost(unreachableMessage(error))
  }
}

/** @throws TargetUnreachable for an address that the portal does not connect to */
async function lookupFor(target: PostgresTarget, bounds: SessionBounds): Promise<LookupFunction> {
  try {
    const check = await addressCheck(bounds.addresses)
    await ensureConnectable([target], check)
    return checkedLookup(check, () => [target.port])
  } catch (error) {
    throw new TargetUnreachable(unreachableMessage(error))
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

/** True when the server refused a statement by an ERROR, which undoes its transaction; a FATAL ends the session and proves nothing. */
export const isRefusal = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && error.severity === 'ERROR'

import { randomUUID } from 'node:crypto'
import { expect, vi } from 'vitest'
import { signAccessToken } from '@sre-portal/platform/accessToken'
import { connectEventStore, type EventStore } from '@sre-portal/platform/eventStore'
import { listen } from '@sre-portal/platform/http/listen'
import { usualShare } from '@sre-portal/platform/http/personGate'
import { createLog } from '@sre-portal/platform/log'
import { createPool } from '@sre-portal/platform/postgres'
import { as, historyWriter, type Someone } from '@sre-portal/platform/testing/historyWriter'
import jwt from 'jsonwebtoken'
import { createQueryService, type QueryServiceOptions } from '../src/app.ts'
import { startProjectorProcess } from './projectorProcess.ts'

export const jwtSecret = 'a secret of the tests, long enough for HS256'
const log = createLog('test', 'silent')
/** Tests ask faster than people do. */
const share = { ...usualShare, aSecond: 100_000, burst: 100_000 }

/** A query service over a small company, kept up to date by a real projector. */
export async function startWorld(
  urls: { command: string; query: string; projector: string; executor: string },
  eventStoreUrl: string,
  options: Partial<Pick<QueryServiceOptions, 'heartbeatMs' | 'replayLimit' | 'share'>> = {},
) {
  const store: EventStore = connectEventStore(eventStoreUrl)
  const write = historyWriter(store)
  const company = await foundCompany(write)
  const projector = startProjectorProcess(urls.projector, eventStoreUrl)
  const pool = createPool(urls.query, 'query-test', log)
  const service = createQueryService({ pool, store, log, jwtSecret, trustedProxyHops: 0, share, ...options })
  const server = await listen(service.app, { host: '127.0.0.1', port: 0, trustedProxyHops: 0 })
  // One session a person, under the person's own id.
  const token = (someone: { id: string }) =>
    signAccessToken(jwtSecret, { userId: someone.id, sessionId: someone.id }, randomUUID())
  const sessions = createPool(urls.command, 'query-test', log, 1)
  const beginSession = ({ id }: { id: string }) =>
    sessions.query(
      'insert into record.sessions (session_id, user_id, started_at) values ($1, $1, now()) on conflict do nothing',
      [id],
    )
  for (const person of Object.values(company.people)) await beginSession(person)
  const reached = (position: bigint) =>
    vi.waitFor(
      async () => {
        const { rows } = await pool.query<{ position: string }>('select position from read.checkpoint')
        expect(BigInt(rows[0]?.position ?? -1)).toBeGreaterThanOrEqual(position)
      },
      { timeout: 30_000, interval: 20 },
    )
  await reached(company.position)
  return {
    ...company,
    url: server.url,
    store,
    write,
    pool,
    token,
    beginSession,
    endSession: ({ id }: { id: string }) =>
      sessions.query('update record.sessions set ended_at = now() where user_id = $1', [id]),
    reached,
    async get(path: string, who: { id: string } | null, headers: Record<string, string> = {}) {
      const response = await fetch(`${server.url}${path}`, {
        headers: { ...(who && { authorization: `Bearer ${token(who)}` }), ...headers },
      })
      const text = await response.text()
      const json = /json/.test(response.headers.get('content-type') ?? '')
      return {
        status: response.status,
        headers: response.headers,
        body: (json ? JSON.parse(text) : text) as unknown,
      }
    },
    async stop() {
      await service.close()
      await server.close()
      await projector.stop()
      await pool.end()
      await sessions.end()
      await store.close()
    },
  }
}
export type World = Awaited<ReturnType<typeof startWorld>>

/** A token that was good until an hour ago. */
export const expiredToken = (someone: { id: string }): string =>
  jwt.sign({ typ: 'access', sid: randomUUID() }, jwtSecret, {
    algorithm: 'HS256',
    issuer: 'sre-portal',
    audience: 'sre-portal-api',
    subject: someone.id,
    expiresIn: -3600,
  })

async function foundCompany(write: ReturnType<typeof historyWriter>) {
  const dana = await write.user('Dana Levi', 'DEVELOPER')
  const omar = await write.user('Omar Haddad', 'DEVELOPER')
  const grace = await write.user('Grace Park', 'MANAGER')
  const miguel = await write.user('Miguel Sosa', 'MANAGER')
  const noor = await write.user('Noor Aziz', 'MANAGER')
  const ada = await write.user('Ada Root', 'ADMIN')
  const gone = await write.user('Gone Away', 'ADMIN')
  await write.append('user', gone.id, as(ada), { type: 'UserDeactivated', data: {} })
  const payments = await write.pod('payments', 'Payments', grace, miguel)
  const logistics = await write.pod('logistics', 'Logistics', noor)
  const instance = await write.instance('prod-eu')
  const retired = await write.instance('old-db')
  await write.append('instance', retired, as(ada), { type: 'InstanceRetired', data: {} })
  const executed = await write.submit(dana, payments, instance, { comment: 'Count the invoices\nmonthly' })
  await write.approve(executed, grace)
  await write.execute(executed)
  const pending = await write.submit(dana, payments, instance, { comment: 'Find 100%_done orders' })
  const position = await write.approve(await write.submit(omar, logistics, instance), noor)
  const people: Record<string, Someone> = { dana, omar, grace, miguel, noor, ada, gone }
  return {
    ...{ dana, omar, grace, miguel, noor, ada, gone },
    people,
    payments,
    logistics,
    instance,
    retired,
    executed,
    pending,
    position,
  }
}

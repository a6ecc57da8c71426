import { readFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import {
  BACKWARDS,
  END,
  EventStoreDBClient,
  NO_STREAM,
  PersistentSubscriptionExistsError,
  StreamNotFoundError,
} from '@eventstore/db-client'
import { createExecutorGroup, executorGroup } from '@sre-portal/platform/executorGroup'

/** The user by which the services will connect. */
export interface PortalUser {
  name: string
  /** Needed to create the user; without it the user has to exist. */
  password: string | undefined
  /** A member of `$ops` may make groups and replay parked messages. */
  isOperator: boolean
}

/** Does what only an administrator may, step by step, each told in a sentence. Repeating it changes nothing. */
export async function* prepareEventStore(address: string, user: PortalUser): AsyncGenerator<string> {
  yield await createUser(address, user)
  const client = EventStoreDBClient.connectionString(address)
  try {
    yield await allowReadingAll(client, user.name)
    yield await createGroup(client)
  } finally {
    await client.dispose()
  }
}

async function allowReadingAll(client: EventStoreDBClient, user: string): Promise<string> {
  // First: what somebody else changes after it is a conflict, and nothing of theirs is lost.
  const revision = await lastRevisionOf(client, '$$$all')
  const { metadata } = await client.getStreamMetadata('$all')
  const acl = metadata?.acl ?? {}
  const readers = [acl.readRoles ?? ['$admins']].flat()
  if (readers.includes(user)) return `${user} may read $all already.`
  await client.setStreamMetadata(
    '$all',
    { ...metadata, acl: { ...acl, readRoles: [...readers, user] } },
    { expectedRevision: revision ?? NO_STREAM },
  )
  return `${user} may read $all now.`
}

// The client's `metastreamRevision` is the event's position in the log, at which nothing can be expected.
async function lastRevisionOf(client: EventStoreDBClient, stream: string): Promise<bigint | null> {
  let revision: bigint | null = null
  try {
    const last = client.readStream(stream, { direction: BACKWARDS, fromRevision: END, maxCount: 1 })
    for await (const { event } of last) revision = event?.revision ?? revision
  } catch (error) {
    if (!(error instanceof StreamNotFoundError)) throw error
  }
  return revision
}

async function createGroup(client: EventStoreDBClient): Promise<string> {
  try {
    await createExecutorGroup(client)
    return `The group ${executorGroup} on $all is made.`
  } catch (error) {
    if (!(error instanceof PersistentSubscriptionExistsError)) throw error
    return `The group ${executorGroup} on $all is there already.`
  }
}

/** Users are made by HTTP; the gRPC client knows no call for it. */
async function createUser(address: string, user: PortalUser): Promise<string> {
  if (!user.password)
    return `EVENTSTORE_PORTAL_PASSWORD is not set, so ${user.name} is not created: it has to exist.`
  const groups = user.isOperator ? ['$ops'] : []
  const body = { loginName: user.name, fullName: 'SRE Portal', groups, password: user.password }
  const status = await post(address, '/users/', body)
  if (status === 201 || status === 200) return `The user ${user.name} is created.`
  if (status === 409) return `The user ${user.name} is there already; password and groups stay as they are.`
  if (status === 404) return 'This server keeps no users of its own (the embedded one), so none is created.'
  throw new Error(
    status === 401 || status === 403
      ? `The server refuses the administrator's credentials (HTTP ${status}); no user is created.`
      : `The server answered HTTP ${status} when asked to create the user ${user.name}.`,
  )
}

const addressParts = /^[a-z]+(?:\+discover)?:\/\/(?:([^:@/]*):([^@/]*)@)?([^,/?]+)[^?]*(?:\?(.*))?$/i
const httpTimeoutMs = 10_000

function post(address: string, path: string, body: object): Promise<number> {
  const parts = addressParts.exec(address)
  if (!parts) throw new Error('The address is no esdb:// connection string.')
  const [, name = '', password = '', host = '', query = ''] = parts
  const options = new URLSearchParams(query.toLowerCase())
  const isTls = options.get('tls') !== 'false'
  const caFile = /(?:^|&)tlscafile=([^&]*)/i.exec(query)?.[1]
  const url = new URL(`${isTls ? 'https' : 'http'}://${/:\d+$/.test(host) ? host : `${host}:2113`}${path}`)
  const credentials = `${decodeURIComponent(name)}:${decodeURIComponent(password)}`
  const headers = {
    'content-type': 'application/json',
    ...(name === '' ? {} : { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }),
  }
  const tls = caFile ? { ca: readFileSync(decodeURIComponent(caFile)) } : {}
  return new Promise((resolve, reject) => {
    const send = isTls ? httpsRequest : httpRequest
    const call = send(url, { method: 'POST', headers, timeout: httpTimeoutMs, ...tls }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    call.on('timeout', () => call.destroy(new Error('The server did not answer in 10 s.')))
    call.on('error', reject)
    call.end(JSON.stringify(body))
  })
}

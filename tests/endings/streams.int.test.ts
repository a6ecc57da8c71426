import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import pg from 'pg'
import { TcpProxy } from '../faults/tcpProxy.ts'
import { foundCompany, type Company } from './company.ts'
import { patience } from './patience.ts'
import { World, type RunningPart } from './world.ts'

const timeout = 120_000
// As in endings.int.test.ts: ten seconds as documented, and what a busy machine adds.
const boundMs = 15_000
/** As many as one person may have. */
const streamsEach = 10

let world: World
let company: Company
let service: RunningPart
const proxies: TcpProxy[] = []
beforeAll(async () => {
  world = await World.open()
  company = await foundCompany(world, 1)
}, timeout)
beforeEach(async () => {
  await world.up('projector')
  service = await world.up('query-service')
  const isKnown = async () => (await fetch(`${service.url}/api/users`, { headers: headers() })).status
  await expect.poll(isKnown, patience).toBe(200)
}, timeout)
afterEach(async () => {
  await world.endParts()
  await world.needs('open')
  for (const proxy of proxies.splice(0)) await proxy.close()
})
afterAll(async () => {
  await company.close()
  await world.close()
})

const headers = (token = company.tokens[0]) => ({ authorization: `Bearer ${token}` })
const stop = () => process.kill(service.pid, 'SIGTERM')
const isStopping = () => expect.poll(service.said, patience).toContain('"msg":"stopping"')

/** A stream as a browser reads it: what it said, and whether it was ended or broke off. */
interface Stream {
  status: number
  said: string
  end: 'none' | 'ended' | 'broken'
}

async function openStream(url: string, token?: string): Promise<Stream> {
  const response = await fetch(`${url}/api/stream`, { headers: headers(token) })
  const stream: Stream = { status: response.status, said: '', end: 'none' }
  const read = async () => {
    for await (const text of response.body?.pipeThrough(new TextDecoderStream()) ?? []) stream.said += text
  }
  void read().then(
    () => (stream.end = 'ended'),
    () => (stream.end = 'broken'),
  )
  return stream
}

/** As many streams as the people may have, each of which has been told of an event. */
async function openAll(url = service.url): Promise<Stream[]> {
  const streams = await Promise.all(
    company.tokens.flatMap((token) => Array.from({ length: streamsEach }, () => openStream(url, token))),
  )
  expect(streams.map(({ status }) => status)).toEqual(streams.map(() => 200))
  await company.happen()
  await expect.poll(() => streams.every(({ said }) => said.includes('data: ')), patience).toBe(true)
  return streams
}

const expectAll = (streams: Stream[], end: Stream['end']) =>
  expect.poll(() => streams.map((stream) => stream.end), patience).toEqual(streams.map(() => end))

test('open streams are ended, and nothing is cut', { timeout }, async () => {
  const streams = await openAll()
  stop()
  expect(await service.endsWithin(boundMs), service.said()).toBe(true)
  expect(await service.ended, service.said()).toEqual({ code: 0, signal: null })
  await expectAll(streams, 'ended')
})

test('streams that are being told of something are ended as well', { timeout }, async () => {
  const streams = await openAll()
  let isGone = false
  const happening = (async () => {
    while (!isGone) await company.happen()
  })()
  const told = streams.map(({ said }) => said.length)
  const goesOn = () => streams.every(({ said }, index) => said.length > (told[index] ?? 0))
  try {
    await expect.poll(goesOn, patience).toBe(true)
    stop()
    expect(await service.endsWithin(boundMs), service.said()).toBe(true)
  } finally {
    isGone = true
    await happening
  }
  expect(await service.ended, service.said()).toEqual({ code: 0, signal: null })
  await expectAll(streams, 'ended')
})

test('streams whose readers are frozen keep nothing up', { timeout }, async () => {
  const proxy = await TcpProxy.open({ host: '127.0.0.1', port: Number(new URL(service.url).port) })
  proxies.push(proxy)
  const frozen = await openAll(`http://127.0.0.1:${proxy.port}`)
  await proxy.disturb('blackhole')
  stop()
  expect(await service.endsWithin(boundMs), service.said()).toBe(true)
  expect((await service.ended).signal).toBe(null)
  // What was said to them before the end arrives, and the end with it.
  await proxy.mend()
  await expectAll(frozen, 'ended')
})

test.each(['blackhole', 'closed'] as const)(
  'streams are ended although what the service needs is away (%s)',
  { timeout },
  async (mode) => {
    const streams = await openAll()
    await world.needs(mode)
    stop()
    expect(await service.endsWithin(boundMs), service.said()).toBe(true)
    await expectAll(streams, 'ended')
  },
)

test('a stream that was asked for before the stop and opens after it is ended too', { timeout }, async () => {
  const admin = new pg.Client({ connectionString: world.database.adminUrl })
  await admin.connect()
  await admin.query('begin; lock table record.sessions')
  const opening = openStream(service.url)
  const waits = async () =>
    (
      await admin.query(
        `select from pg_stat_activity where datname = current_database() and application_name = 'query-service'
           and wait_event_type = 'Lock'`,
      )
    ).rowCount
  await expect.poll(waits, patience).toBe(1)
  stop()
  await isStopping()
  await admin.end()
  const stream = await opening
  expect(await service.ended, service.said()).toEqual({ code: 0, signal: null })
  expect(stream.status).toBe(200)
  await expectAll([stream], 'ended')
})

import { request } from 'node:http'
import { Commands } from '../soak/commands.ts'
import { Recorder } from '../soak/recorder.ts'
import { SoakPortal } from '../soak/soakPortal.ts'
import { createTemplate, testEnvironment } from '../setup/postgres.ts'
import { startFlood, type Asked } from './flood.ts'
import { plainQuery } from './hostileTexts.ts'
import { Report } from './report.ts'
import { timeOf, timesAtPace, timesInWords, type Times } from './samples.ts'

export interface LoginsBenchOptions {
  /** A PostgreSQL server, as an administrator. */
  postgresUrl: string
  /** How many submissions are measured each time. */
  rounds?: number
  print?: (line: string) => void
}

/** What became of logins that came at once. */
interface Answers {
  readonly statuses: Map<string, number>
  slowestMs: number
}

const atOnce = 200
/** More than the refusals that are held of an address, so that some wait. */
const loops = 300

/** Prints what logins of nobody, 200 at once again and again, cost somebody who submits; answers whether all targets are met. */
export async function benchLogins(options: LoginsBenchOptions): Promise<boolean> {
  const { rounds = 300 } = options
  const report = new Report(options.print ?? console.log, 'logins: what | figure | target')
  process.env[testEnvironment.url] = options.postgresUrl
  process.env[testEnvironment.template] ??= await createTemplate(options.postgresUrl)
  const portal = await SoakPortal.open({
    executors: 0,
    commandEnvironment: { BCRYPT_COST: '12', TRUSTED_PROXY_HOPS: '1' },
  })
  try {
    await submissions(portal, 30)
    const alone = await submissions(portal, rounds)
    report.note(`submit, nothing beside it: ${timesInWords(alone)}`)
    await besideLogins(portal, report, 'from one address', alone, rounds, () => '192.0.2.1')
    await besideLogins(
      portal,
      report,
      'each from its own address',
      alone,
      rounds,
      (n) => `198.51.${Math.floor(n / 250) % 250}.${n % 250}`,
    )
    await besideLoops(portal, report, alone, rounds)
  } finally {
    await portal.close()
  }
  return report.isMet
}

async function besideLogins(
  portal: SoakPortal,
  report: Report,
  from: string,
  alone: Times,
  rounds: number,
  addressOf: (n: number) => string,
): Promise<void> {
  const flood = startLogins(portal, addressOf)
  const beside = await submissions(portal, rounds)
  const { statuses, slowestMs } = await flood.stop()
  report.note(`submit, ${atOnce} logins at once ${from}: ${timesInWords(beside)}`)
  report.note(
    `the logins were answered ${[...statuses].map(([status, count]) => `${count} x ${status}`).join(', ')}`,
  )
  report.limit(`slowest login, ${from}`, slowestMs, 10_000, 'ms')
  report.limit(`p95 of submit over p95 with nothing beside it, ${from}`, beside.p95 / alone.p95, 2, '')
  const unexpected = [...statuses.keys()].filter(
    (status) => !['401', '429 with Retry-After'].includes(status),
  )
  report.limit(`other answers than 401 and 429 with Retry-After, ${from}`, unexpected.length, 0, '')
}

/** Each asks again as soon as it is answered. */
async function besideLoops(portal: SoakPortal, report: Report, alone: Times, rounds: number): Promise<void> {
  const post = (path: string, body: string): Asked => ({
    url: `${portal.commandUrl}${path}`,
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': '192.0.2.2' },
    body,
  })
  const asked = [
    post('/api/auth/refresh', '{"refreshToken":"none"}'),
    post('/api/auth/logout', '{"refreshToken":"none"}'),
    post('/api/auth/login', '{"email":'),
    post('/api/requests', '{}'),
    post('/api/nowhere', '{}'),
  ]
  const flood = startFlood(asked, loops)
  const beside = await submissions(portal, rounds)
  const statuses = await flood.stop()
  report.note(`submit, ${loops} loops of refusals from one address: ${timesInWords(beside)}`)
  report.note(
    `the loops were answered ${Object.entries(statuses)
      .map(([status, count]) => `${count} x ${status}`)
      .join(', ')}`,
  )
  report.limit('p95 of submit over p95 with nothing beside it, loops', beside.p95 / alone.p95, 2, '')
}

async function submissions(portal: SoakPortal, rounds: number): Promise<Times> {
  const commands = new Commands(portal, new Recorder())
  return timesAtPace(rounds, async () => {
    if ((await commands.submission(plainQuery).send()) !== 'ok')
      throw new Error('A submission was not accepted.')
  })
}

/** So many logins at once, again as soon as all of them are answered. */
function startLogins(portal: SoakPortal, addressOf: (n: number) => string): { stop: () => Promise<Answers> } {
  const answers: Answers = { statuses: new Map(), slowestMs: 0 }
  let isStopped = false
  let sent = 0
  const flooding = (async () => {
    while (!isStopped)
      await Promise.all(Array.from({ length: atOnce }, () => login(portal, addressOf(sent), ++sent, answers)))
  })()
  return {
    stop: async () => {
      isStopped = true
      await flooding
      return answers
    },
  }
}

async function login(portal: SoakPortal, address: string, n: number, answers: Answers): Promise<void> {
  const body = JSON.stringify({ email: `nobody-${n}@example.test`, password: 'a password of nobody' })
  const ms = await timeOf(async () => {
    const status = await post(`${portal.commandUrl}/api/auth/login`, address, body)
    answers.statuses.set(status, (answers.statuses.get(status) ?? 0) + 1)
  })
  answers.slowestMs = Math.max(answers.slowestMs, ms)
}

/** Over a connection of its own, as strangers come. */
const post = (url: string, address: string, body: string): Promise<string> =>
  new Promise((resolve) => {
    const headers = { 'content-type': 'application/json', 'x-forwarded-for': address }
    const sent = request(url, { method: 'POST', agent: false, headers }, (response) => {
      const retry = response.headers['retry-after'] === undefined ? '' : ' with Retry-After'
      response.resume().once('end', () => resolve(`${response.statusCode ?? 0}${retry}`))
    })
    sent.once('error', (error) => resolve(error.message))
    sent.end(body)
  })

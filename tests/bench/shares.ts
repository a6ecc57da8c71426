import type { Someone } from '@sre-portal/platform/testing/historyWriter'
import { Commands } from '../soak/commands.ts'
import { Recorder } from '../soak/recorder.ts'
import { SoakPortal } from '../soak/soakPortal.ts'
import { createTemplate, testEnvironment } from '../setup/postgres.ts'
import { startFlood, type Asked } from './flood.ts'
import { plainQuery } from './hostileTexts.ts'
import { Report } from './report.ts'
import { timesAtPace, timesInWords, type Times } from './samples.ts'

export interface SharesBenchOptions {
  /** A PostgreSQL server, as an administrator. */
  postgresUrl: string
  /** How many lists, and how many submissions, are measured each time. */
  rounds?: number
  print?: (line: string) => void
}

/** What the other person's work takes. */
interface Measured {
  list: Times
  submit: Times
}

const requestsInLists = 200
const askingConnections = 40
const bodyConnections = 8

/** Prints what somebody who asks without end costs somebody else who asks and submits; answers whether all targets are met. */
export async function benchShares(options: SharesBenchOptions): Promise<boolean> {
  const { rounds = 200 } = options
  const report = new Report(options.print ?? console.log, 'shares: what | figure | target')
  process.env[testEnvironment.url] = options.postgresUrl
  process.env[testEnvironment.template] ??= await createTemplate(options.postgresUrl)
  const portal = await SoakPortal.open({ executors: 0, hasQueries: true })
  try {
    await timesAtPace(requestsInLists, () => submit(portal))
    await measure(portal, 20)
    const alone = await measure(portal, rounds)
    report.note(`nothing beside it: ${inWords(alone)}`)
    const beside = async (who: string, asked: Asked[], connections: number) => {
      const flood = startFlood(asked, connections)
      const measured = await measure(portal, rounds)
      const statuses = await flood.stop()
      report.note(`${who}: ${inWords(measured)}; answered ${answersInWords(statuses)}`)
      for (const what of ['list', 'submit'] as const)
        report.limit(`p95 of ${what} over p95 alone, ${who}`, measured[what].p95 / alone[what].p95, 2, '')
    }
    const { pavel } = portal.people
    await beside('somebody asks lists, searches, dashboards', questions(portal, pavel), askingConnections)
    await beside('a person sends refused bodies', refusedBodies(portal, pavel), bodyConnections)
    await beside('nobody sends refused bodies', refusedBodies(portal, null), bodyConnections)
    await beside('nobody asks lists', questions(portal, null), askingConnections)
  } finally {
    await portal.close()
  }
  return report.isMet
}

async function measure(portal: SoakPortal, rounds: number): Promise<Measured> {
  const { grace } = portal.people
  return {
    list: await timesAtPace(rounds, async () => {
      const answer = await fetch(`${portal.queryUrl}/api/requests`, { headers: signedIn(portal, grace) })
      if (!answer.ok) throw new Error(`A list was not answered: ${await answer.text()}`)
      await answer.text()
    }),
    submit: await timesAtPace(rounds, () => submit(portal)),
  }
}

async function submit(portal: SoakPortal): Promise<void> {
  const outcome = await new Commands(portal, new Recorder()).submission(plainQuery).send()
  if (outcome !== 'ok') throw new Error('A submission was not accepted.')
}

const signedIn = (portal: SoakPortal, person: Someone | null): Record<string, string> =>
  person === null ? {} : { authorization: `Bearer ${portal.tokenOf(person)}` }

function questions(portal: SoakPortal, person: Someone | null): Asked[] {
  const paths = [
    '/api/requests?limit=200',
    '/api/requests?q=select',
    '/api/requests?q=nothing%20like%20it',
    '/api/dashboard',
    '/api/review-queue',
    '/api/notifications',
  ]
  return paths.map((path) => ({
    url: `${portal.queryUrl}${path}`,
    method: 'GET',
    headers: signedIn(portal, person),
  }))
}

/** A megabyte that is no JSON, lists 10,000 deep, and as much of both as a sign-in may have. */
function refusedBodies(portal: SoakPortal, person: Someone | null): Asked[] {
  const megabyte = `{"content":"${'x'.repeat(1_000_000)}`
  const nested = '['.repeat(10_000) + ']'.repeat(10_000)
  const send = (path: string, body: string): Asked => ({
    url: `${portal.commandUrl}${path}`,
    method: 'POST',
    headers: { ...signedIn(portal, person), 'content-type': 'application/json' },
    body,
  })
  return [
    send('/api/requests', megabyte),
    send('/api/requests', nested),
    send('/api/auth/login', megabyte),
    send('/api/auth/login', nested.slice(0, 8_000)),
    send('/api/auth/login', megabyte.slice(0, 8_000)),
    send('/api/auth/refresh', '{"refreshToken":"none"}'),
  ]
}

const inWords = ({ list, submit: submission }: Measured) =>
  `list ${timesInWords(list)}; submit ${timesInWords(submission)}`

const answersInWords = (statuses: Record<string, number>) =>
  Object.entries(statuses)
    .map(([status, count]) => `${count} x ${status}`)
    .join(', ')

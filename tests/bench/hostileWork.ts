import { EventStoreDBClient, eventTypeFilter } from '@eventstore/db-client'
import { streamName } from '@sre-portal/contracts'
import { Commands } from '../soak/commands.ts'
import { Recorder } from '../soak/recorder.ts'
import type { SoakPortal } from '../soak/soakPortal.ts'
import type { Work } from '../soak/work.ts'
import { plainQuery, scriptOf } from './hostileTexts.ts'
import { timeOf, timesOf, type Times } from './samples.ts'

/** What is sent beside the other person's query, all the time: two scripts and one query. */
export interface Beside {
  scripts: Record<string, string>
  queries: string[]
}

type Turn = [what: string, play: () => Promise<unknown>]

const patienceMs = 90_000
const ends = ['RequestExecuted', 'RequestFailed', 'RequestCancelled', 'ExecutionOutcomeUnknown']

/** People who ask, approve and wait for the end, which they hear from the event store as the portal does. */
export class HostileWork {
  readonly played = new Map<string, number>()
  /** Runs that were not ended by the executor that had begun them. */
  recovered = 0
  readonly #portal: SoakPortal
  readonly #commands: Commands
  readonly #waiting = new Map<string, () => void>()
  readonly #client: EventStoreDBClient

  private constructor(portal: SoakPortal, client: EventStoreDBClient) {
    this.#portal = portal
    this.#commands = new Commands(portal, new Recorder())
    this.#client = client
  }

  static async open(portal: SoakPortal): Promise<HostileWork> {
    const client = EventStoreDBClient.connectionString(portal.projectorEnvironment['EVENTSTORE_URL'] ?? '')
    const work = new HostileWork(portal, client)
    const subscription = client.subscribeToAll({
      fromPosition: 'end',
      filter: eventTypeFilter({ prefixes: ends }),
    })
    subscription.on('data', ({ event }) => {
      if (!event) return
      const { recovered } = event.data as { recovered?: boolean }
      if (recovered) work.recovered += 1
      work.#waiting.get(event.streamId)?.()
    })
    await new Promise((resolve) => subscription.once('caughtUp', resolve))
    return work
  }

  /** Submits, approves and waits for the end, again and again, at most until then. */
  async ask(rounds: number, untilMs = Infinity): Promise<Times> {
    const samples: number[] = []
    for (let n = 0; n < rounds && performance.now() < untilMs; n++)
      samples.push(await timeOf(() => this.#run(plainQuery)))
    return timesOf(samples)
  }

  /** Two scripts and one query at a time, until it is stopped. */
  play({ scripts, queries }: Beside): { stop: () => Promise<void> } {
    let isStopped = false
    const again = async (turns: Turn[]) => {
      for (let n = 0; !isStopped; n++) {
        const [what, play] = turns[n % turns.length] ?? ['', async () => undefined]
        await play()
        this.played.set(what, (this.played.get(what) ?? 0) + 1)
      }
    }
    const ofScripts = Object.entries(scripts).map<Turn>(([what, text]) => [
      what,
      () => this.#run(scriptOf(text)),
    ])
    const ofQueries = queries.map<Turn>((text) => [
      `query ${text.slice(0, 20)}`,
      () => this.#submitOnly(text),
    ])
    const all = [again(ofScripts), again(ofScripts.toReversed()), again(ofQueries)]
    return {
      stop: async () => {
        isStopped = true
        await Promise.all(all)
      },
    }
  }

  /** Resolves when all of it has had its turn. */
  async allPlayed({ scripts, queries }: Beside, untilMs: number): Promise<void> {
    const kinds = Object.keys(scripts).length + queries.length
    while (this.played.size < kinds && performance.now() < untilMs)
      await new Promise((resolve) => setTimeout(resolve, 50))
  }

  async close(): Promise<void> {
    await this.#client.dispose()
  }

  async #run(work: Work): Promise<void> {
    const { grace } = this.#portal.people
    const { asked, send } = this.#commands.submission(work)
    const stream = streamName('request', asked.requestId)
    const ended = new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${stream} has no end.`)), patienceMs)
      this.#waiting.set(stream, () => {
        clearTimeout(timer)
        resolve()
      })
    })
    await send()
    await this.#commands.action('approve', grace, asked)()
    await ended
    this.#waiting.delete(stream)
  }

  /** A text that isn't refused is taken back. */
  async #submitOnly(content: string): Promise<void> {
    const { asked, send } = this.#commands.submission({ ...plainQuery, content })
    if ((await send()) === 'ok') await this.#commands.action('withdraw', this.#portal.people.dana, asked)()
  }
}

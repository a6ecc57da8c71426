import { randomUUID } from 'node:crypto'
import { streamName, type Problem } from '@sre-portal/contracts'
import { contentHashOf } from '@sre-portal/domain'
import { derivedId } from '@sre-portal/platform/commandHandler'
import type { Someone } from '@sre-portal/platform/testing/historyWriter'
import type { Action, MarkedRequest } from '../faults/history.ts'
import type { Recorder } from './recorder.ts'
import type { SoakPortal } from './soakPortal.ts'
import type { Work } from './work.ts'

/** A request that was sent, whatever came of it. */
export interface Asked extends MarkedRequest {
  contentHash: string
}

export type Outcome = 'ok' | 'fail' | 'info'

interface Command {
  action: Action
  by: Someone
  requestId: string
  key: string
  path: string
  body: string | FormData
}

const patienceMs = 5000

/** Sends commands over HTTP as people do, and records what came of each. Every command has a key, so that it may be sent again. */
export class Commands {
  readonly #portal: SoakPortal
  readonly #recorder: Recorder

  constructor(portal: SoakPortal, recorder: Recorder) {
    this.#portal = portal
    this.#recorder = recorder
  }

  /** Names a request of this work: its id is known before anybody has answered. */
  submission(work: Work): { asked: Asked; send: () => Promise<Outcome> } {
    const by = this.#portal.people.dana
    const key = randomUUID()
    const requestId = derivedId('request', `${by.id}:${key}`)
    const { instanceId, database } = this.#portal.target(work.engine)
    const fields = { instanceId, database, podId: 'payments', comment: 'for a test', kind: work.kind }
    const body = () => {
      if (work.kind === 'query') return JSON.stringify({ ...fields, content: work.content })
      const form = new FormData()
      for (const [name, value] of Object.entries({ ...fields, transactionMode: work.mode }))
        form.set(name, value)
      form.set('script', new Blob([work.content], { type: 'text/javascript' }), 'work.js')
      return form
    }
    const asked = { requestId, marks: work.marks, contentHash: contentHashOf(work.content) }
    return {
      asked,
      send: () => this.#send({ action: 'submit', by, requestId, key, path: '/api/requests', body: body() }),
    }
  }

  /** A command on a request that was asked for. */
  action(action: Exclude<Action, 'submit'>, by: Someone, asked: Asked): () => Promise<Outcome> {
    const bodies = {
      approve: { contentHash: asked.contentHash },
      reject: { reason: 'Because a test says so.' },
      withdraw: {},
      cancel: {},
      settle: { outcome: 'FAILED', reason: 'Because a test says so.' },
    }
    const { requestId } = asked
    const path = `/api/requests/${requestId}/${action}`
    const key = randomUUID()
    return () => this.#send({ action, by, requestId, key, path, body: JSON.stringify(bodies[action]) })
  }

  async #send({ action, by, requestId, key, path, body }: Command): Promise<Outcome> {
    const eventId = derivedId(streamName('request', requestId), `${by.id}:${key}`, '0')
    const end = this.#recorder.invoke({ action, by: by.id, requestId, eventId })
    const [outcome, words] = await this.#post(path, by, key, body)
    end(outcome, words)
    return outcome
  }

  async #post(path: string, by: Someone, key: string, body: string | FormData): Promise<[Outcome, string]> {
    try {
      const response = await fetch(`${this.#portal.commandUrl}${path}`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${this.#portal.tokenOf(by)}`,
          'idempotency-key': key,
          ...(typeof body === 'string' && { 'content-type': 'application/json' }),
        },
        body,
        signal: AbortSignal.timeout(patienceMs),
      })
      const text = await response.text()
      if (response.ok) return ['ok', String(response.status)]
      const words = `${response.status} ${(JSON.parse(text) as Problem).detail}`
      return [response.status < 500 ? 'fail' : 'info', words]
    } catch (error) {
      return ['info', wordsOf(error)]
    }
  }
}

/** `fetch` says why only in the cause. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { cause } = error
  const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : ''
  return `${error.message}${code}`
}

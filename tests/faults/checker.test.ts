import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { defaultExecutionLimits, type RequestEvent } from '@sre-portal/contracts'
import { contentHashOf } from '@sre-portal/domain'
import { violations } from './historyChecks.ts'
import type { CommandEntry, Evidence, MarkedRequest, RequestEvents } from './history.ts'
import { applicationOf } from './requestChecks.ts'

const [dana, grace] = [randomUUID(), randomUUID()]
const noResult = { resultId: null, resultSha256: null }
const told = {
  ...noResult,
  statementCount: 1,
  storedRows: 0,
  affectedRows: 1,
  cutBy: null,
  durationMs: 1,
  recovered: false,
}
const error = {
  code: 'X',
  message: 'x',
  detail: null,
  hint: null,
  position: null,
  line: null,
  column: null,
  stack: null,
}

type Events = { [T in RequestEvent['type']]: (RequestEvent & { type: T })['data'] }

/** Writes the stream of one request by hand. */
class Stream {
  readonly requestId = randomUUID()
  readonly executionId = randomUUID()
  readonly events: RequestEvents = []

  add<T extends RequestEvent['type']>(type: T, data: Events[T], by?: string): this {
    const actor = by
      ? { kind: 'user' as const, id: by, name: 'Somebody', role: 'MANAGER' as const }
      : { kind: 'service' as const, name: 'executor' }
    const at = new Date(0).toISOString()
    this.events.push({
      type,
      data,
      id: randomUUID(),
      stream: `request-${this.requestId}`,
      revision: this.events.length,
      position: BigInt(this.events.length),
      storedAt: new Date(0),
      metadata: { actor, at, correlationId: 'c', schemaVersion: 1 },
      actor,
      at,
    } as RequestEvents[number])
    return this
  }

  submitted(content: string, kind: 'query' | 'script' = 'query'): this {
    return this.add(
      'RequestSubmitted',
      {
        requestId: this.requestId,
        requesterId: dana,
        podId: 'payments',
        instanceId: randomUUID(),
        instanceRevision: 0,
        engine: 'postgresql',
        database: 'orders',
        kind,
        content,
        contentHash: contentHashOf(content),
        fileName: null,
        transactionMode: 'single',
        comment: 'c',
        ticket: null,
        limits: defaultExecutionLimits,
        resubmissionOf: null,
      },
      dana,
    )
  }

  approved(content: string, by = grace): this {
    return this.add('RequestApproved', { contentHash: contentHashOf(content), instanceRevision: 0 }, by)
  }

  started(content: string): this {
    return this.add('ExecutionStarted', {
      executionId: this.executionId,
      executorId: 'executor-1',
      contentHash: contentHashOf(content),
      instanceRevision: 0,
      approvalEventId: this.events.at(-1)?.id ?? '',
    })
  }

  executed(): this {
    return this.add('RequestExecuted', { executionId: this.executionId, ...told })
  }

  failed(effects: 'none' | 'rolled-back' | 'partial'): this {
    return this.add('RequestFailed', { executionId: this.executionId, ...told, error, effects })
  }

  statement(text: string): this {
    const { executionId } = this
    const textSha256 = contentHashOf(text)
    const rest = { parameters: null, rowCount: null, affectedRows: 1, durationMs: 1, error: null }
    return this.add('StatementExecuted', { executionId, ordinal: 0, text, textSha256, ...rest })
  }
}

const insert = (mark: string) => `insert into marks values ('${mark}')`
const commandOf = {
  RequestSubmitted: 'submit',
  RequestApproved: 'approve',
  RequestRejected: 'reject',
  RequestWithdrawn: 'withdraw',
} as const

/** A history in which everything is as it should be: a query and a script that ran, a query that failed, one that was rejected. */
function sound() {
  const query = insert('m-1/1')
  const ran = new Stream().submitted(query).approved(query).started(query).executed()
  const code = `await db.query("${insert('m-2/1')}")`
  const script = new Stream().submitted(code, 'script').approved(code).started(code)
  script.statement(insert('m-2/1')).executed()
  const wrong = `${insert('m-3/1')}; select 1/0`
  const failed = new Stream().submitted(wrong).approved(wrong).started(wrong).failed('rolled-back')
  const refused = insert('m-4/1')
  const rejected = new Stream().submitted(refused).add('RequestRejected', { reason: 'no' }, grace)
  const streams = [ran, script, failed, rejected]
  let attempt = 0
  const history = streams.flatMap(({ requestId, events }) =>
    events.flatMap((event): CommandEntry[] => {
      const action = commandOf[event.type as keyof typeof commandOf]
      if (!action) return []
      const entry = { attempt: attempt++, action, by: dana, requestId, eventId: event.id, words: '', atMs: 0 }
      return [
        { ...entry, type: 'invoke' },
        { ...entry, type: 'ok' },
      ]
    }),
  )
  const statuses = ['EXECUTED', 'EXECUTED', 'FAILED', 'REJECTED']
  const evidence: Evidence = {
    history,
    requests: streams.map(({ requestId }, index): MarkedRequest => ({
      requestId,
      marks: [`m-${index + 1}/1`],
    })),
    events: new Map(streams.map(({ requestId, events }) => [requestId, events])),
    marks: [
      { text: 'm-1/1', application: applicationOf(ran.requestId) },
      { text: 'm-2/1', application: applicationOf(script.requestId) },
    ],
    statements: [
      { application: applicationOf(ran.requestId), text: insert('m-1/1') },
      { application: applicationOf(script.requestId), text: insert('m-2/1') },
      { application: applicationOf(failed.requestId), text: insert('m-3/1') },
    ],
    checkpoints: [
      { position: 3n, head: 5n },
      { position: 3n, head: null },
      { position: 9n, head: 9n },
    ],
    readModels: {
      live: 'requests\na\nb',
      rebuilt: 'requests\na\nb',
      requests: streams.map(({ requestId, events }, index) => ({
        requestId,
        status: statuses[index] ?? '',
        revision: events.length - 1,
      })),
    },
    approvers: new Set([grace]),
  }
  return { evidence, ran, script, failed, rejected }
}

type Sound = ReturnType<typeof sound>

const commandsOn = ({ evidence }: Sound, { requestId }: Stream) =>
  evidence.history.filter(
    (entry) => entry.type !== 'nemesis' && entry.requestId === requestId,
  ) as CommandEntry[]

test('a history in which all holds is found to be sound', () =>
  expect(violations(sound().evidence)).toEqual([]))

describe('the checker finds', () => {
  const broken: [string, (it: Sound) => void, RegExp][] = [
    ['a second start', ({ ran }) => void ran.started(insert('m-1/1')), /^I1: started more than once/],
    [
      'an approval by the requester',
      ({ ran }) => {
        ran.events.splice(1, 1, ...new Stream().approved(insert('m-1/1'), dana).events)
      },
      /^I2: ran without an earlier approval/,
    ],
    [
      'an approval by somebody who may not approve',
      (it) => {
        it.evidence.approvers = new Set()
      },
      /^I2: ran without an earlier approval/,
    ],
    [
      'an approval of other content',
      ({ ran }) => {
        ran.events.splice(1, 1, ...new Stream().approved('select 1').events)
      },
      /^I2: ran without an earlier approval/,
    ],
    [
      'a start before the approval',
      ({ ran: { events } }) => {
        const [approval] = events.splice(1, 1)
        if (approval) events.splice(2, 0, approval)
      },
      /^I2: ran without an earlier approval/,
    ],
    [
      'a statement of a request that was rejected',
      ({ evidence, rejected }) => {
        evidence.statements.push({ application: applicationOf(rejected.requestId), text: insert('m-4/1') })
      },
      /^I2: ran without an earlier approval/,
    ],
    [
      "a mark that another request's session left",
      ({ evidence, script }) => {
        evidence.marks[0] = { text: 'm-1/1', application: applicationOf(script.requestId) }
      },
      /^I2: m-1\/1 was left by the session/,
    ],
    [
      'a mark that belongs to nothing',
      ({ evidence }) => void evidence.marks.push({ text: 'm-9/1', application: null }),
      /^I2: m-9\/1 is at the target, and nobody asked for it/,
    ],
    [
      'a mark beyond what was asked',
      ({ evidence }) => void evidence.marks.push({ text: 'm-1/2', application: null }),
      /^I2: m-1\/2 is no part of what was asked/,
    ],
    [
      'a statement of a session that belongs to nothing',
      ({ evidence }) => void evidence.statements.push({ application: 'psql', text: 'select 1' }),
      /^I2: the target ran "select 1" for "psql"/,
    ],
    ['a start without an end', ({ ran }) => void ran.events.pop(), /^I3: started, and 0 ends/],
    ['a second end', ({ failed }) => void failed.executed(), /^I3: started, and 2 ends/],
    [
      'an approval that nobody took',
      ({ failed }) => void failed.events.splice(2),
      /^I3: approved, and nobody took it/,
    ],
    [
      'an effect that came twice',
      ({ evidence }) => void evidence.marks.push({ text: 'm-1/1', application: null }),
      /^I4: m-1\/1 took effect more than once/,
    ],
    [
      'an execution without its effect',
      ({ evidence }) => void evidence.marks.shift(),
      /^I4: told as executed, but not all of it took effect/,
    ],
    [
      'a failure that kept something and says that it did not',
      ({ evidence }) => void evidence.marks.push({ text: 'm-3/1', application: null }),
      /^I4: told as rolled-back, but something took effect/,
    ],
    [
      'a start after a rejection',
      ({ rejected }) => void rejected.started(insert('m-4/1')).executed(),
      /^I5: decided against, and started/,
    ],
    [
      'an effect without a start',
      ({ evidence }) => void evidence.marks.push({ text: 'm-4/1', application: null }),
      /^I5: took effect without a start/,
    ],
    [
      'read models that a rebuild makes otherwise',
      ({ evidence }) => {
        evidence.readModels.rebuilt = 'requests\na\nc'
      },
      /^I6: live and rebuilt read models differ: "b" is "c" when rebuilt/,
    ],
    [
      'a row that only a rebuild makes',
      ({ evidence }) => {
        evidence.readModels.rebuilt = 'requests\na\nb\nc'
      },
      /^I6: live and rebuilt read models differ: "nothing" is "c" when rebuilt/,
    ],
    [
      'a row that is not what its events say',
      ({ evidence: { readModels } }) => {
        const [first] = readModels.requests
        if (first) first.status = 'EXECUTING'
      },
      /^I6: request .* reads as EXECUTING at 3, its events say EXECUTED at 3/,
    ],
    [
      'a request without a row',
      ({ evidence }) => void evidence.readModels.requests.pop(),
      /^I6: request .* reads as nothing, its events say REJECTED at 1/,
    ],
    [
      'an effect that no audited statement tells of',
      ({ script }) => void script.events.splice(3, 1),
      /^I7: m-2\/1 took effect and is in no audited statement/,
    ],
    [
      "a statement in the target's log that was not audited",
      ({ evidence, script }) => {
        const application = applicationOf(script.requestId)
        evidence.statements.push({ application, text: 'drop table marks' })
      },
      /^I7: the target ran "drop table marks", which is not audited/,
    ],
    [
      'an accepted command without its event',
      (it) => {
        for (const entry of commandsOn(it, it.rejected)) entry.eventId = randomUUID()
        it.rejected.events.splice(1)
        it.evidence.readModels.requests[3] = {
          requestId: it.rejected.requestId,
          status: 'PENDING',
          revision: 0,
        }
      },
      /^I8: reject of request .* was accepted and has no event/,
    ],
    [
      'a refused command with an event',
      (it) => {
        for (const entry of commandsOn(it, it.rejected)) if (entry.type === 'ok') entry.type = 'fail'
      },
      /^I8: reject of request .* was refused and has an event/,
    ],
    [
      'an event that nobody asked for',
      (it) => {
        it.evidence.history = it.evidence.history.filter(
          (entry) => entry.type !== 'nemesis' && entry.requestId !== it.rejected.requestId,
        )
      },
      /^I8: RequestRejected of request-.* was asked for by nobody/,
    ],
    [
      'a checkpoint that went back',
      ({ evidence }) => void evidence.checkpoints.push({ position: 8n, head: 9n }),
      /^I9: the checkpoint went back from 9 to 8/,
    ],
    [
      'a checkpoint beyond the log',
      ({ evidence }) => void evidence.checkpoints.push({ position: 10n, head: 9n }),
      /^I9: the checkpoint 10 is beyond the end of the log, 9/,
    ],
  ]

  test.each(broken)('%s', (_name, breakIt, expected) => {
    const it = sound()
    breakIt(it)
    expect(violations(it.evidence)).toContainEqual(expect.stringMatching(expected))
  })
})

describe('a command of which nobody knows what became', () => {
  test.each([true, false])('may have its event (%s)', (hasEvent) => {
    const it = sound()
    const { requestId, events } = it.rejected
    const reject = events[1]?.id
    it.evidence.history = it.evidence.history.flatMap((entry) =>
      entry.type === 'ok' && entry.eventId === reject ? [{ ...entry, type: 'info' as const }] : [entry],
    )
    if (!hasEvent) {
      events.splice(1)
      it.evidence.readModels.requests[3] = { requestId, status: 'PENDING', revision: 0 }
    }
    expect(violations(it.evidence)).toEqual([])
  })

  test('may have been refused when it was sent again: either of the two sendings may have done it', () => {
    const it = sound()
    const [first] = commandsOn(it, it.rejected).filter(({ action }) => action === 'reject')
    if (!first) throw new Error('there is no rejection')
    for (const entry of it.evidence.history)
      if (entry.type === 'ok' && entry.attempt === first.attempt) entry.type = 'info'
    it.evidence.history.push({ ...first, attempt: 99 }, { ...first, attempt: 99, type: 'fail' })
    expect(violations(it.evidence)).toEqual([])
  })

  test('without an end counts as unknown', () => {
    const it = sound()
    it.evidence.history = it.evidence.history.filter(({ type }) => type !== 'ok')
    expect(violations(it.evidence)).toEqual([])
  })
})

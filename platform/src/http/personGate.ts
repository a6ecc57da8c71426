import type { Request, RequestHandler, Response } from 'express'
import { readAccessToken } from '../accessToken.ts'
import { bearerToken } from './bearer.ts'
import { Throttled } from './problem.ts'
import { waitAmong } from './waitAmong.ts'

/** What one person may have under way at a service, so that nobody's requests delay everybody's. */
export interface PersonShare {
  /** Requests at work at once. */
  atOnce: number
  /** Requests that may begin in a second, on average; more wait. */
  aSecond: number
  /** Requests that may begin before that average counts. */
  burst: number
  /** Requests that wait behind those; what finds no room is refused. */
  waiting: number
  /** Longest wait, in milliseconds; then the request is refused. */
  longestWaitMs: number
  /** Bodies in a minute that were refused as they came (400, 413, 415); then none is read until the minute is over. */
  refusedBodiesAMinute: number
}

/** A page of the portal asks about six questions at once; several of them wait their turn. */
export const usualShare: PersonShare = {
  atOnce: 4,
  aSecond: 30,
  burst: 100,
  waiting: 32,
  longestWaitMs: 5_000,
  refusedBodiesAMinute: 60,
}

interface Person {
  atWork: number
  /** How many requests may begin now, as of `budgetAt`. */
  budget: number
  budgetAt: number
  pacing: NodeJS.Timeout | undefined
  waiting: Set<() => void>
  refusedBodies: number
  /** When the minute of refused bodies is over. */
  refusedUntil: number
}

const minuteMs = 60_000
/** An answer that nobody waits for any more, and that its route never gave. */
const abandonedMs = 60_000
const refusedBodyStatuses = new Set([400, 413, 415])

const gone = new WeakMap<Response, () => void>()

/** A request whose answer goes on, as a stream's does, no longer counts as under way. */
export const leaveGate = (response: Response): void => gone.get(response)?.()

/** The person of a valid access token, judged by its signature alone; null without one, which the routes themselves refuse. */
export function personOfToken(request: Request, jwtSecret: string): string | null {
  if (request.get('authorization') === undefined) return null
  try {
    return readAccessToken(jwtSecret, bearerToken(request)).userId
  } catch {
    return null
  }
}

/** Routes are found whatever the case of their letters. */
export const isOfApi = ({ path }: Request): boolean => /^\/api(\/|$)/i.test(path)

/** The person of a valid access token, where it is of use: what is asked elsewhere is anybody's. */
export const whoAsksApi =
  (jwtSecret: string) =>
  (request: Request): string | null =>
    isOfApi(request) ? personOfToken(request, jwtSecret) : null

/** Bounds what each person has under way, before a body is read and before any database is asked. */
export function gateEachPerson(jwtSecret: string, share: PersonShare = usualShare): RequestHandler {
  const people = new Map<string, Person>()
  const personOf = whoAsksApi(jwtSecret)

  const forgetIdle = (id: string, person: Person) => {
    const idle = person.atWork === 0 && person.waiting.size === 0
    if (person.budget + ((Date.now() - person.budgetAt) / 1000) * share.aSecond < share.burst) return
    if (idle && person.refusedUntil <= Date.now()) people.delete(id)
  }

  const begin = (id: string, person: Person, request: Request, response: Response) => {
    person.atWork += 1
    onceAnswered(response, () => {
      person.atWork -= 1
      if (request.method !== 'GET' && refusedBodyStatuses.has(response.statusCode))
        countRefusedBody(id, person)
      beginNext(person)
      if (person.waiting.size === 0) setTimeout(() => forgetIdle(id, person), msToFull(person)).unref()
    })
  }

  /** Takes one request from what may begin now. */
  const takeTurn = (person: Person) => {
    const now = Date.now()
    person.budget = Math.min(share.burst, person.budget + ((now - person.budgetAt) / 1000) * share.aSecond)
    person.budgetAt = now
    if (person.atWork >= share.atOnce || person.budget < 1) return false
    person.budget -= 1
    return true
  }

  const beginNext = (person: Person) => {
    clearTimeout(person.pacing)
    for (const start of person.waiting) {
      if (!takeTurn(person)) break
      start()
    }
    if (person.waiting.size > 0 && person.atWork < share.atOnce)
      person.pacing = setTimeout(() => beginNext(person), ((1 - person.budget) / share.aSecond) * 1000 + 1)
  }

  const msToFull = ({ budget }: Person) => ((share.burst - budget) / share.aSecond) * 1000 + 10

  const countRefusedBody = (id: string, person: Person) => {
    if (person.refusedUntil <= Date.now()) {
      person.refusedBodies = 0
      person.refusedUntil = Date.now() + minuteMs
      setTimeout(() => forgetIdle(id, person), minuteMs + 10).unref()
    }
    person.refusedBodies += 1
  }

  return (request, response, next) => {
    const id = personOf(request)
    if (id === null) return next()
    const person = people.get(id) ?? newcomer(share)
    people.set(id, person)
    const hasBody = request.method !== 'GET' && request.method !== 'HEAD'
    if (hasBody && person.refusedUntil > Date.now() && person.refusedBodies >= share.refusedBodiesAMinute)
      throw tooManyRefused(share, person.refusedUntil)
    if (person.waiting.size === 0 && takeTurn(person)) {
      begin(id, person, request, response)
      return next()
    }
    if (person.waiting.size >= share.waiting) throw tooManyAtOnce(share)
    waitAmong(person.waiting, response, {
      longestMs: share.longestWaitMs,
      begin: () => {
        begin(id, person, request, response)
        next()
      },
      giveUp: () => next(tooManyAtOnce(share)),
    })
    if (person.waiting.size === 1) beginNext(person)
  }
}

const newcomer = ({ burst }: PersonShare): Person => ({
  atWork: 0,
  budget: burst,
  budgetAt: Date.now(),
  pacing: undefined,
  waiting: new Set(),
  refusedBodies: 0,
  refusedUntil: 0,
})

/** Calls `done` once when the answer is sent. Who hangs up has it made all the same: only when the route is done with it there is room again. */
function onceAnswered(response: Response, done: () => void): void {
  let isDone = false
  let abandoned: NodeJS.Timeout | undefined
  const leave = () => {
    if (isDone) return
    isDone = true
    clearTimeout(abandoned)
    done()
  }
  const end = response.end.bind(response)
  response.end = ((...given: unknown[]) => {
    const ended: unknown = Reflect.apply(end, response, given)
    if (response.closed) leave()
    return ended
  }) as typeof response.end
  response.once('close', () => {
    if (response.writableEnded) leave()
    else abandoned = setTimeout(leave, abandonedMs).unref()
  })
  gone.set(response, leave)
}

const tooManyAtOnce = ({ atOnce, waiting }: PersonShare) =>
  new Throttled(
    1,
    `You have ${atOnce} requests under way and up to ${waiting} behind them, which is the most for one person. This one was not begun, and nothing was done. Try again in 1 s.`,
  )

function tooManyRefused({ refusedBodiesAMinute }: PersonShare, until: number) {
  const seconds = Math.max(1, Math.ceil((until - Date.now()) / 1000))
  return new Throttled(
    seconds,
    `You have sent ${refusedBodiesAMinute} bodies within a minute that were refused, so no more are read now. Nothing was done. Try again in ${seconds} s.`,
  )
}

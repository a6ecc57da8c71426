import type { Request, RequestHandler, Response } from 'express'
import type { ErrorCode } from '@sre-portal/contracts'
import { Throttled } from './problem.ts'
import { sourceOf } from './source.ts'
import { tellBy } from './tellRefusal.ts'
import { waitAmong } from './waitAmong.ts'

/** What refusals one source may have told: a person, or an address of which nobody has signed in. */
export interface RefusalShare {
  /** Refusals in a second that are told at once; each more is told one to two seconds later. */
  promptASecond: number
  /** Refusals that are told later, above which further requests of the address wait before anything is done for them. */
  held: number
  /** Requests that wait behind those; what finds no room is refused. */
  waiting: number
  /** Longest wait, in milliseconds; then the request is refused. */
  longestWaitMs: number
}

/** Beside the 512 requests of an address that the gateway has under way there is room for those who are signed in. */
export const usualRefusals: RefusalShare = {
  promptASecond: 20,
  held: 128,
  waiting: 256,
  longestWaitMs: 5_000,
}

/** Tells refusals at a pace, so that a loop, or a burst, of them is not what keeps the service busy. */
export interface RefusalPace {
  /** Comes first: what is refused behind it goes through `tellRefusal`. */
  begin: RequestHandler
  /** Comes before anything that is work: lets requests of nobody wait while their address has so many refusals held. */
  makeWait: RequestHandler
  /** Tells all that is held, and from now on everything, at once: the service stops. */
  letGo(): void
}

interface Source {
  /** Refusals of this second. */
  refusals: number
  secondEnds: number
  /** Refusals that are held, or would be if who asked had not hung up. */
  resting: number
  waiting: Set<() => void>
}

/** A refusal that is told later; without `tell` there is nobody left to tell. */
interface Held {
  tell: (() => void) | null
}

const holdMs = 1_000

/**
 * `personOf` names who asks with a valid token; null is nobody, who counts by address. Of a person only `throttled` counts: how often they
 * ask is bounded elsewhere.
 */
export function paceRefusals(
  personOf: (request: Request) => string | null = () => null,
  share: RefusalShare = usualRefusals,
): RefusalPace {
  const sources = new Map<string, Source>()
  const held = new Set<Held>()
  let isStopping = false

  const sourceNamed = (name: string): Source => {
    const source = sources.get(name) ?? { refusals: 0, secondEnds: 0, resting: 0, waiting: new Set() }
    sources.set(name, source)
    return source
  }

  const forgetIdle = (name: string, source: Source) => {
    const isIdle = source.resting === 0 && source.waiting.size === 0 && source.secondEnds <= Date.now()
    if (isIdle && sources.get(name) === source) sources.delete(name)
  }

  const count = (name: string, source: Source) => {
    if (source.secondEnds <= Date.now()) {
      source.refusals = 0
      source.secondEnds = Date.now() + holdMs
      setTimeout(() => forgetIdle(name, source), holdMs + 10).unref()
    }
    source.refusals += 1
  }

  // One begins for each that ends, and all that are left with the last one.
  const beginWaiting = (source: Source) => {
    for (const begin of source.waiting) {
      begin()
      if (source.resting > 0) break
    }
  }

  // Nothing of the request is known here: who hangs up leaves nothing in memory but this.
  const rest = (name: string, source: Source, refusal: Held) => {
    source.resting += 1
    held.add(refusal)
    const over = () => {
      source.resting -= 1
      held.delete(refusal)
      refusal.tell?.()
      beginWaiting(source)
      forgetIdle(name, source)
    }
    setTimeout(over, holdMs * (1 + Math.random())).unref()
  }

  const tell = (
    address: string,
    request: Request,
    response: Response,
    send: () => void,
    code?: ErrorCode,
  ) => {
    const person = personOf(request)
    if (isStopping || (person !== null && code !== 'throttled')) return send()
    const name = person === null ? `address ${address}` : `person ${person}`
    const source = sourceNamed(name)
    count(name, source)
    if (source.refusals <= share.promptASecond) return send()
    if (source.resting >= share.held + share.waiting) {
      // The next one costs a connection.
      if (!response.headersSent) response.setHeader('Connection', 'close')
      return send()
    }
    request.body = undefined
    const refusal: Held = { tell: response.closed ? null : send }
    response.once('close', () => (refusal.tell = null))
    rest(name, source, refusal)
  }

  return {
    begin: (request, response, next) => {
      const address = sourceOf(request.ip ?? '')
      tellBy(response, (send, code) => tell(address, request, response, send, code))
      next()
    },
    makeWait: (request, response, next) => {
      const source = sources.get(`address ${sourceOf(request.ip ?? '')}`)
      const isFree = !source || (source.resting < share.held && source.waiting.size === 0)
      if (isFree || isStopping || personOf(request) !== null) return next()
      if (source.waiting.size >= share.waiting) return next(tooMany())
      waitAmong(source.waiting, response, {
        longestMs: share.longestWaitMs,
        begin: next,
        giveUp: () => next(tooMany()),
      })
    },
    letGo: () => {
      isStopping = true
      for (const refusal of held) {
        refusal.tell?.()
        refusal.tell = null
      }
      for (const { waiting } of sources.values()) for (const begin of waiting) begin()
    },
  }
}

const retryAfterSeconds = 2

const tooMany = () =>
  new Throttled(
    retryAfterSeconds,
    `So much that was asked from your address, without a valid sign-in, was refused that more of it waits. This one was not begun, and nothing was done. Try again in ${retryAfterSeconds} s.`,
  )

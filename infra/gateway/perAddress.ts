import type { Server } from 'node:http'
import type { RequestHandler } from 'express'
import { Throttled } from '@sre-portal/platform/http/problem'
import { sourceOf } from '@sre-portal/platform/http/source'

/** A whole office may come from one address, each open page with a stream of its own. */
export const usualRequestsAnAddress = 512
export const usualConnectionsAnAddress = 1024

const retryAfterSeconds = 1

/** Refuses what an address asks of the API beyond so many requests that are under way. @throws Throttled, by `next` */
export function boundRequestsAnAddress(most: number): RequestHandler {
  const underWay = countBySource()
  return (request, response, next) => {
    if (!/^\/api(\/|$)/i.test(request.path)) return next()
    const leave = underWay.enter(request.ip ?? '', most)
    if (leave === null)
      throw new Throttled(
        retryAfterSeconds,
        `${most} requests from your address are under way, which is the most. This one was not passed on, and nothing was done. Try again in ${retryAfterSeconds} s.`,
      )
    response.once('close', leave)
    next()
  }
}

/** Ends connections of an address beyond so many; only where clients connect to us themselves. */
export function boundConnectionsAnAddress(server: Server, most: number): void {
  const open = countBySource()
  server.on('connection', (socket) => {
    const leave = open.enter(socket.remoteAddress ?? '', most)
    if (leave === null) socket.destroy()
    else socket.once('close', leave)
  })
}

function countBySource() {
  const counts = new Map<string, number>()
  return {
    /** How to leave, or null when there is no room. */
    enter(address: string, most: number): (() => void) | null {
      const source = sourceOf(address)
      const count = counts.get(source) ?? 0
      if (count >= most) return null
      counts.set(source, count + 1)
      return () => {
        const left = (counts.get(source) ?? 1) - 1
        if (left > 0) counts.set(source, left)
        else counts.delete(source)
      }
    },
  }
}

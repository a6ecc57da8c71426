import type { Response } from 'express'

/** Keeps a request among `waiting`, whose entries begin it; it leaves by that, by hanging up, or after `longestMs`, when `giveUp` is called. */
export function waitAmong(
  waiting: Set<() => void>,
  response: Response,
  { longestMs, begin, giveUp }: { longestMs: number; begin: () => void; giveUp: () => void },
): void {
  const leave = () => {
    clearTimeout(timer)
    response.off('close', leave)
    waiting.delete(start)
  }
  const start = () => {
    leave()
    begin()
  }
  const timer = setTimeout(() => {
    leave()
    giveUp()
  }, longestMs)
  response.once('close', leave)
  waiting.add(start)
}

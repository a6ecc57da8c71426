import type { ExecutionError } from '@sre-portal/contracts'
import { plainError } from './plainError.ts'
import { positionOf } from './textPosition.ts'

/** The code of a text that can't be analysed within its bounds, and that is therefore not run. */
export const tooComplexCode = 'TOO_COMPLEX'
/** The code of a text that could not be looked at just now; the same text may pass a moment later. */
export const tooBusyCode = 'TOO_BUSY'

const nothingSent = 'Nothing was sent to the database.'

/** The refusal of a text that is beyond a bound, with the place where that shows, when there is one. */
export function tooComplex(message: string, place?: { content: string; offset: number }): ExecutionError {
  const error = plainError(tooComplexCode, message, nothingSent)
  if (!place) return error
  const before = place.content.slice(0, place.offset)
  return { ...error, position: [...before].length + 1, ...positionOf(place.content, place.offset) }
}

export const tooBusy = (): ExecutionError =>
  plainError(tooBusyCode, 'Too many texts wait to be analysed. Try again in a moment.', nothingSent)

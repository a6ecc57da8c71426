import type { ExecutionError } from '@sre-portal/contracts'
import { plainError } from './plainError.ts'
import { placeOf } from './textPosition.ts'

/** The code of a text that can't be analysed within its bounds, and that is therefore not run. */
export const tooComplexCode = 'TOO_COMPLEX'
/** The code of a text that could not be looked at just now; the same text may pass a moment later. */
export const tooBusyCode = 'TOO_BUSY'

const nothingSent = 'Nothing was sent to the database.'

/** A place within a text. */
export interface Place {
  content: string
  /** In UTF-16 units, from 0. */
  offset: number
}

/** An error of the text itself, at its place; nothing was sent then. */
export const textError = (
  code: string,
  message: string,
  place: Place,
  hint = nothingSent,
): ExecutionError => ({
  ...plainError(code, message, hint),
  ...placeOf(place.content, place.offset),
})

/** The refusal of a text that is beyond a bound, with the place where that shows, when there is one. */
export const tooComplex = (message: string, place?: Place): ExecutionError =>
  place ? textError(tooComplexCode, message, place) : plainError(tooComplexCode, message, nothingSent)

/** The code of a text that could not be looked at because what looks at texts failed. */
export const analysisFailedCode = 'ANALYSIS_FAILED'

export const tooBusy = (why: string): ExecutionError =>
  plainError(tooBusyCode, `${why} Try again in a moment.`, nothingSent)

export const analysisFailed = (): ExecutionError =>
  plainError(analysisFailedCode, 'This text could not be analysed: the parser itself failed.', nothingSent)

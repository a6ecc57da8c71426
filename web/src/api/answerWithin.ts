import { ApiError, offlineError } from './apiError.ts'

/** A question that nobody has answered for this long has failed. */
export const questionDeadlineMs = 30_000
/** A command may carry a whole script over a slow line. */
export const commandDeadlineMs = 60_000

const withoutBody = [204, 205, 304]

/** Calls the server and reads its whole answer in this time. @throws ApiError `offline` or `timeout`; the signal's reason when aborted */
export async function answerWithin(
  fetch: typeof globalThis.fetch,
  path: string,
  init: RequestInit,
  deadlineMs: number,
): Promise<Response> {
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(), deadlineMs)
  const signals = [late.signal, ...(init.signal ? [init.signal] : [])]
  try {
    const answer = await fetch(path, { ...init, signal: AbortSignal.any(signals) })
    const body = await answer.text()
    const { status, statusText, headers } = answer
    return new Response(withoutBody.includes(status) ? null : body, { status, statusText, headers })
  } catch (cause) {
    if (init.signal?.aborted) throw cause
    throw late.signal.aborted ? timeoutError(deadlineMs, init.method ?? 'GET') : offlineError()
  } finally {
    clearTimeout(timer)
  }
}

function timeoutError(deadlineMs: number, method: string): ApiError {
  const seconds = `The server did not answer within ${deadlineMs / 1000} seconds`
  const message =
    method === 'GET'
      ? `${seconds}.`
      : `${seconds}, so it is not known whether this was done. Try again: the same command is never done twice.`
  return new ApiError({ code: 'timeout', status: 0, message })
}

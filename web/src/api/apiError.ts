import { problemSchema, type ErrorCode, type Fault } from '@sre-portal/contracts'

/** `offline`: no connection; `timeout`: no answer in time; `unexpected`: an answer came that is not what the contract says. */
export type FailureCode = ErrorCode | 'offline' | 'timeout' | 'unexpected'

interface Failure {
  code: FailureCode
  status: number
  message: string
  requestId?: string | null
  faults?: Fault[]
}

export class ApiError extends Error {
  readonly code: FailureCode
  readonly status: number
  readonly requestId: string | null
  readonly faults: Fault[]

  constructor(failure: Failure) {
    super(failure.message)
    this.name = 'ApiError'
    this.code = failure.code
    this.status = failure.status
    this.requestId = failure.requestId ?? null
    this.faults = failure.faults ?? []
  }
}

export const offlineError = () =>
  new ApiError({
    code: 'offline',
    status: 0,
    message: 'The portal can’t reach its server. Check your connection.',
  })

export async function errorOfAnswer(answer: Response): Promise<ApiError> {
  const body: unknown = await answer.json().catch(() => null)
  const problem = problemSchema.safeParse(body)
  if (problem.success) {
    const { code, detail, title, requestId, faults } = problem.data
    return new ApiError({
      code,
      status: answer.status,
      message: detail || title,
      requestId,
      ...(faults && { faults }),
    })
  }
  const unavailable = [502, 503, 504].includes(answer.status)
  return new ApiError({
    code: unavailable ? 'unavailable' : 'unexpected',
    status: answer.status,
    message: unavailable
      ? 'The server is not available right now.'
      : `The server answered ${answer.status} without saying why.`,
    requestId: answer.headers.get('X-Request-Id'),
  })
}

/** Everything that a page shows as an error is an ApiError; anything else is a defect of the portal and says so. */
export function asApiError(cause: unknown): ApiError {
  if (cause instanceof ApiError) return cause
  const message = cause instanceof Error ? cause.message : String(cause)
  return new ApiError({ code: 'unexpected', status: 0, message: `The portal itself failed: ${message}` })
}

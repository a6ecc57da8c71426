import type { Response } from 'express'
import type { ErrorCode } from '@sre-portal/contracts'

/** Sends the answer to a request at once, or later. */
export type Tell = (send: () => void, code?: ErrorCode) => void

const paces = new WeakMap<Response, Tell>()

/** What is refused of this request from here on is told by `tell`. */
export const tellBy = (response: Response, tell: Tell): void => void paces.set(response, tell)

/** Sends a refusal when its turn comes; without a code, an answer that is as cheap to ask for and gave nothing. */
export function tellRefusal(response: Response, send: () => void, code?: ErrorCode): void {
  const tell = paces.get(response)
  if (tell) tell(send, code)
  else send()
}

import type { Content } from '@sre-portal/analysis/contentRefusal'
import { DomainError } from '@sre-portal/domain'
import { Throttled } from '@sre-portal/platform/http/problem'
import { within } from '@sre-portal/platform/within'

const longBytes = 8 * 1024
const mostAPerson = 2
const retryAfterSeconds = 2
/** Before anybody on the way gives the request up and can't say what became of it. */
const longestMs = 12_000

/** Has a text judged, before anything is appended. @throws DomainError as `judge` does */
export type JudgeText = (userId: string, content: Content) => Promise<void>

/**
 * Long texts wait in one line for the thread that reads them: one person has two of them there, so that a third is told so at once and others'
 * come soon. @throws Throttled; DomainError `unavailable` when the text is not judged in time
 */
export function createTextJudge(
  judge: (content: Content) => Promise<void>,
  patienceMs = longestMs,
): JudgeText {
  const underWay = new Map<string, number>()
  const inTime = (judging: Promise<void>) =>
    within(patienceMs, judging, () => {
      throw new DomainError(
        'unavailable',
        'So many texts are being read that yours was not in time. Nothing was submitted. Try again.',
      )
    })
  return async (userId, content) => {
    if (Buffer.byteLength(content.content) <= longBytes) return inTime(judge(content))
    const own = underWay.get(userId) ?? 0
    if (own >= mostAPerson)
      throw new Throttled(
        retryAfterSeconds,
        `${mostAPerson} long texts of yours are still being read, and no more may wait. Nothing was submitted. Try again in ${retryAfterSeconds} s.`,
      )
    underWay.set(userId, own + 1)
    const judging = judge(content)
    // Whoever gives up waiting has it read all the same: only then there is room again.
    const leave = () => {
      const left = (underWay.get(userId) ?? 1) - 1
      if (left > 0) underWay.set(userId, left)
      else underWay.delete(userId)
    }
    judging.then(leave, leave)
    return inTime(judging)
  }
}

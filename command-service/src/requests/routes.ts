import { Router, type Request, type Response } from 'express'
import {
  approveSchema,
  emptyBodySchema,
  rejectSchema,
  settleSchema,
  streamName,
  type RequestAction,
  type RequestEvent,
} from '@sre-portal/contracts'
import {
  decideRequest,
  DomainError,
  ensure,
  hasRightTo,
  inQuestion,
  mayByRole,
  mayUsePortal,
  mayViewRequest,
  type Pod,
  type Request as RequestState,
  type RequestCommand,
} from '@sre-portal/domain'
import { loadInstance, loadPod, loadRequest } from '@sre-portal/platform/aggregates'
import { derivedId, handleCommand } from '@sre-portal/platform/commandHandler'
import type { z } from 'zod'
import { answerAccepted, idInPath, signedIn } from '../commanding.ts'
import type { Context } from '../context.ts'
import { asCommand } from '../idempotency.ts'
import { approve } from './approve.ts'
import type { SubmissionBounds } from './bounds.ts'
import { createTextJudge } from './longTexts.ts'
import { ensureRunnable, readSubmission, scriptUpload } from './submission.ts'

export function requestRoutes(context: Context, bounds: SubmissionBounds): Router {
  const router = Router()
  const judgeText = createTextJudge(ensureRunnable)

  router.post('/', scriptUpload, async (request, response) => {
    const { user } = signedIn(response)
    const submission = readSubmission(request)
    const { requestId, handled } = await asCommand(context, request, response, async (command) => {
      const id = derivedId('request', command.key)
      const done = await handleCommand<RequestState, RequestEvent>(context.store, {
        stream: streamName('request', id),
        load: () => loadRequest(context.store, id),
        ensureAllowed: () => ensure(mayUsePortal(user, 'submit')),
        decide: async (state) => {
          const [pod, instance] = await Promise.all([
            loadPod(context.store, submission.podId),
            loadInstance(context.store, submission.instanceId),
          ])
          await ensureKnownOriginal(context, response, submission.resubmissionOf)
          const events = decideRequest(state, user, {
            type: 'SubmitRequest',
            requestId: id,
            pod: pod.state,
            instance: instance.state,
            limits: context.limits,
            ...withoutIds(submission),
          })
          if (instance.state) await judgeText(user.id, { ...submission, engine: instance.state.engine })
          await bounds.admit(user.id, id)
          return events
        },
        ...command,
      })
      return { requestId: id, handled: done }
    })
    answerAccepted(response.location(`/api/requests/${requestId}`), 201, requestId, handled)
  })

  router.post('/:id/approve', async (request, response) => {
    ensure(mayByRole(signedIn(response).user, 'approve'))
    const { contentHash } = approveSchema.parse(request.body)
    const id = idInPath(request, 'request')
    const handled = await approve(context, request, response, { id, contentHash })
    await bounds.settled(id)
    answerAccepted(response, 200, id, handled)
  })

  router.post('/:id/reject', (request, response) =>
    act(request, response, 'reject', rejectSchema, (pod, { reason }) => ({
      type: 'RejectRequest',
      pod,
      reason,
    })),
  )

  router.post('/:id/withdraw', (request, response) =>
    act(request, response, 'withdraw', emptyBodySchema, (pod) => ({ type: 'WithdrawRequest', pod })),
  )

  router.post('/:id/cancel', (request, response) =>
    act(request, response, 'cancel', emptyBodySchema, (pod) => ({ type: 'CancelRequest', pod })),
  )

  router.post('/:id/settle', (request, response) =>
    act(request, response, 'settle', settleSchema, (pod, { outcome, reason }) => ({
      type: 'SettleRequest',
      pod,
      outcome,
      reason,
    })),
  )

  /** Role, body, request, right, decision, in this order: the answer to a role that may never do this tells nothing of the request. */
  async function act<S extends z.ZodType>(
    request: Request,
    response: Response,
    action: Exclude<RequestAction, 'approve'>,
    schema: S,
    commandFor: (pod: Pod | null, body: z.output<S>) => RequestCommand,
  ): Promise<void> {
    const { user } = signedIn(response)
    ensure(mayByRole(user, action))
    const body = schema.parse(request.body)
    const id = idInPath(request, 'request')
    const podOf = async (state: RequestState | null) =>
      state && (await loadPod(context.store, state.podId)).state
    const handled = await asCommand(context, request, response, (command) =>
      handleCommand<RequestState, RequestEvent>(context.store, {
        stream: streamName('request', id),
        load: () => loadRequest(context.store, id),
        ensureAllowed: async (state) => {
          if (!state) throw new DomainError('not_found', 'There is no such request.')
          ensure(hasRightTo(user, action, inQuestion(state), await podOf(state)))
        },
        decide: async (state) => decideRequest(state, user, commandFor(await podOf(state), body)),
        ...command,
      }),
    )
    await bounds.settled(id)
    answerAccepted(response, 200, id, handled)
  }

  return router
}

const withoutIds = ({ podId: _pod, instanceId: _instance, ...rest }: ReturnType<typeof readSubmission>) =>
  rest

// A request may name the one it repeats only when its author may see that one.
async function ensureKnownOriginal(
  context: Context,
  response: Response,
  originalId: string | null,
): Promise<void> {
  if (!originalId) return
  const { state } = await loadRequest(context.store, originalId)
  const pod = state && (await loadPod(context.store, state.podId)).state
  if (!state || !mayViewRequest(signedIn(response).user, inQuestion(state), pod).allowed)
    throw new DomainError('unprocessable', 'There is no such request to submit again.', [
      { path: 'resubmissionOf', message: 'There is no such request.' },
    ])
}

import { Router, type Request, type Response } from 'express'
import {
  approveSchema,
  emptyBodySchema,
  rejectSchema,
  settleSchema,
  streamName,
  type RequestEvent,
} from '@sre-portal/contracts'
import {
  decideRequest,
  DomainError,
  inQuestion,
  mayViewRequest,
  type Request as RequestState,
  type RequestCommand,
} from '@sre-portal/domain'
import { loadInstance, loadPod, loadRequest } from '@sre-portal/platform/aggregates'
import { derivedId, handleCommand } from '@sre-portal/platform/commandHandler'
import { answerAccepted, commandKey, idInPath, metadataOf, signedIn } from '../commanding.ts'
import type { Context } from '../context.ts'
import { ensureRunnable, readSubmission, scriptUpload } from './submission.ts'

export function requestRoutes(context: Context): Router {
  const router = Router()

  router.post('/', scriptUpload, async (request, response) => {
    const submission = readSubmission(request)
    const key = commandKey(context, request, response)
    const requestId = derivedId('request', key)
    const [pod, instance] = await Promise.all([
      loadPod(context.store, submission.podId),
      loadInstance(context.store, submission.instanceId),
    ])
    await ensureKnownOriginal(context, response, submission.resubmissionOf)
    const command = (): RequestCommand => ({
      type: 'SubmitRequest',
      requestId,
      pod: pod.state,
      instance: instance.state,
      limits: context.limits,
      ...withoutIds(submission),
    })
    const mayRun = async () => {
      if (instance.state) await ensureRunnable({ ...submission, engine: instance.state.engine })
    }
    const handled = await handle(request, response, requestId, key, command, mayRun)
    answerAccepted(response.location(`/api/requests/${requestId}`), 201, requestId, handled)
  })

  router.post('/:id/approve', async (request, response) => {
    const { contentHash } = approveSchema.parse(request.body)
    await act(request, response, async (state, pod) => {
      const instance = state && (await loadInstance(context.store, state.instanceId)).state
      return { type: 'ApproveRequest', pod, instance, contentHash }
    })
  })

  router.post('/:id/reject', async (request, response) => {
    const { reason } = rejectSchema.parse(request.body)
    await act(request, response, (_state, pod) => ({ type: 'RejectRequest', pod, reason }))
  })

  router.post('/:id/withdraw', async (request, response) => {
    emptyBodySchema.parse(request.body)
    await act(request, response, (_state, pod) => ({ type: 'WithdrawRequest', pod }))
  })

  router.post('/:id/cancel', async (request, response) => {
    emptyBodySchema.parse(request.body)
    await act(request, response, (_state, pod) => ({ type: 'CancelRequest', pod }))
  })

  router.post('/:id/settle', async (request, response) => {
    const { outcome, reason } = settleSchema.parse(request.body)
    await act(request, response, (_state, pod) => ({ type: 'SettleRequest', pod, outcome, reason }))
  })

  type Pod = (RequestCommand & { type: 'WithdrawRequest' })['pod']
  type MakeCommand = (state: RequestState | null, pod: Pod) => RequestCommand | Promise<RequestCommand>

  async function act(request: Request, response: Response, command: MakeCommand) {
    const id = idInPath(request, 'request')
    const handled = await handle(
      request,
      response,
      id,
      commandKey(context, request, response),
      async (state) => command(state, state && (await loadPod(context.store, state.podId)).state),
    )
    answerAccepted(response, 200, id, handled)
  }

  function handle(
    request: Request,
    response: Response,
    id: string,
    key: string,
    command: (state: RequestState | null) => RequestCommand | Promise<RequestCommand>,
    ensure: () => Promise<void> = async () => undefined,
  ) {
    return handleCommand<RequestState, RequestEvent>(context.store, {
      stream: streamName('request', id),
      load: () => loadRequest(context.store, id),
      decide: async (state) => {
        const events = decideRequest(state, signedIn(response).user, await command(state))
        await ensure()
        return events
      },
      metadata: metadataOf(context, request, response),
      key,
    })
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

import type { ServerContext } from '../serverContext.ts'
import type { GrpcCall } from '../transport/grpcCall.ts'
import type { CallHandler } from '../transport/grpcServer.ts'
import { handleUnary } from '../transport/unary.ts'
import type { Method } from '../wire/definitions.ts'
import { createGroup, updateGroup } from './changeGroup.ts'
import { consumePath, handleConsume } from './consumeGroup.ts'
import { describeGroup } from './groupInfo.ts'
import { allStreams } from './groupKey.ts'
import {
  createCodec,
  deleteCodec,
  groupKeyOf,
  infoCodec,
  listCodec,
  replayCodec,
  restartCodec,
  updateCodec,
  type ListRequest,
} from './groupRequests.ts'
import type { PersistentGroup } from './group.ts'
import { doesNotExist } from './persistentErrors.ts'
import type { GroupRegistry } from './registry.ts'

/** The calls of the PersistentSubscriptions service by path. */
export function persistentHandlers(context: ServerContext, registry: GroupRegistry): [string, CallHandler][] {
  const { access } = context
  const operator = (call: GrpcCall) => access.requireOperator(access.identify(call.headers))
  const user = (call: GrpcCall) => access.requireUser(access.identify(call.headers))
  return [
    [consumePath, (call) => handleConsume(context, registry, call)],
    unary(createCodec, operator, async (request) => {
      await createGroup(context, registry, request)
      return {}
    }),
    unary(updateCodec, operator, async (request) => {
      await updateGroup(context, registry, request)
      return {}
    }),
    unary(deleteCodec, operator, async ({ options }) => {
      await registry.delete(groupKeyOf(options))
      return {}
    }),
    unary(infoCodec, user, async ({ options }) => ({
      subscriptionInfo: await describeGroup(registry.get(groupKeyOf(options))),
    })),
    unary(replayCodec, operator, async ({ options }) => {
      const stopAt = options?.stopAtOption === 'stopAt' ? Number(options.stopAt) : undefined
      await registry.get(groupKeyOf(options)).replayParked(stopAt)
      return {}
    }),
    unary(listCodec, user, async (request) => ({
      subscriptions: await Promise.all(listedGroups(registry, request).map(describeGroup)),
    })),
    unary(restartCodec, operator, async () => {
      await registry.restart()
      return {}
    }),
  ]
}

function unary<Request, Response>(
  codec: Method<Request, Response>,
  permit: (call: GrpcCall) => void,
  answer: (request: Request) => Promise<Response>,
): [string, CallHandler] {
  return [
    codec.path,
    (call) => {
      permit(call)
      handleUnary(call, codec, answer)
    },
  ]
}

function listedGroups(registry: GroupRegistry, { options }: ListRequest): PersistentGroup[] {
  if (options?.listOption !== 'listForStream') return registry.all()
  const { listForStream } = options
  const source =
    listForStream?.streamOption === 'all'
      ? allStreams
      : (listForStream?.stream?.streamName.toString('utf8') ?? '')
  const groups = registry.ofSource(source)
  if (!groups) throw doesNotExist({ source, group: '' })
  return groups
}

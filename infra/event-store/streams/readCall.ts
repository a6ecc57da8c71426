import type { ServerContext } from '../serverContext.ts'
import type { GrpcCall } from '../transport/grpcCall.ts'
import { isMetastream, originalOf } from '../log/logRecord.ts'
import { Outbox } from './outbox.ts'
import { readAll, readStream } from './read.ts'
import { planRead, type ReadPlan } from './readPlan.ts'
import { readCodec } from './readResponses.ts'
import { subscribeToAll, subscribeToStream } from './subscribe.ts'

export const readPath = readCodec.path

export function handleRead(context: ServerContext, call: GrpcCall): void {
  const caller = context.access.identify(call.headers)
  call.receive(
    (message) => {
      const plan = planRead(readCodec.decode(message))
      context.interception.beforeRead?.(plan)
      const stream = 'stream' in plan ? plan.stream : '$all'
      const permission = isMetastream(stream)
        ? context.access.requireStream(caller, 'metaRead', originalOf(stream))
        : context.access.requireStream(caller, 'read', stream)
      permission
        .then(() => serve(context, call, plan))
        .then(
          () => call.finish(),
          (error: unknown) => call.fail(error),
        )
    },
    () => undefined,
  )
}

function serve({ log }: ServerContext, call: GrpcCall, plan: ReadPlan): Promise<void> {
  const outbox = new Outbox(call, log.pages)
  switch (plan.kind) {
    case 'readStream':
      return readStream(log, plan, outbox)
    case 'readAll':
      return readAll(log, plan, outbox)
    case 'subscribeStream':
      return subscribeToStream(log, plan, outbox)
    case 'subscribeAll':
      return subscribeToAll(log, plan, outbox)
  }
}

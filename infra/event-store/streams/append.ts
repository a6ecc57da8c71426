import type { ExpectedRevision } from '../log/expectedRevision.ts'
import { isMetastream, originalOf } from '../log/logRecord.ts'
import type { ProposedEvent, WriteOutcome } from '../log/writeCommand.ts'
import { enqueueAppend, type ServerContext } from '../serverContext.ts'
import type { GrpcCall } from '../transport/grpcCall.ts'
import { method, streamsService } from '../wire/definitions.ts'
import { ProtoReader } from '../wire/protoReader.ts'
import {
  appendedBytes,
  checkAppendOptions,
  readAppendOptions,
  readProposedEvent,
  type AppendOptions,
} from './appendRequest.ts'
import { failedWriteError, invalidArgument, maximumAppendSizeError } from './streamErrors.ts'

const codec = method<object, object>(streamsService, 'Append')

export const appendPath = codec.path

/** The classic append: one call, one stream, answered when the client has sent everything. */
export function handleAppend(context: ServerContext, call: GrpcCall): void {
  const caller = context.access.identify(call.headers)
  const events: ProposedEvent[] = []
  let options: AppendOptions | undefined
  let bytes = 0
  call.receive(
    (message) => {
      const reader = new ProtoReader(message)
      for (let field = reader.nextField(); field !== 0; field = reader.nextField()) {
        if (field === 1) {
          options = readAppendOptions(reader.message(), Date.now())
          checkAppendOptions(options)
        } else if (field === 2) {
          const event = readProposedEvent(reader.message())
          events.push(event)
          bytes += appendedBytes(event)
          if (bytes > context.maxAppendSizeBytes) throw maximumAppendSizeError(context.maxAppendSizeBytes)
        } else reader.skip()
      }
    },
    () => {
      void (async () => {
        if (!options) throw invalidArgument('The first message must carry the options')
        const { stream, expected } = options
        if (isMetastream(stream)) await context.access.requireStream(caller, 'metaWrite', originalOf(stream))
        else await context.access.requireStream(caller, 'write', stream)
        const outcome = await new Promise<WriteOutcome>((settle) => {
          enqueueAppend(context, { kind: 'append', stream, expected, events, bytes }, settle)
        })
        call.send(codec.encode(answerTo(expected, outcome)))
        call.finish()
      })().catch((error: unknown) => call.fail(error))
    },
  )
}

function answerTo(expected: ExpectedRevision, outcome: WriteOutcome): object {
  if (outcome.kind === 'written') return { success: successOf(outcome.revision, outcome.position) }
  if (outcome.kind === 'wrongVersion')
    return { wrongExpectedVersion: wrongVersionOf(expected, outcome.current) }
  throw failedWriteError(outcome)
}

function successOf(revision: number, position: number | undefined): object {
  return {
    ...(revision < 0 ? { noStream: {} } : { currentRevision: String(revision) }),
    ...(position === undefined
      ? { noPosition: {} }
      : { position: { commitPosition: String(position), preparePosition: String(position) } }),
  }
}

// Field names as the proto loader derives them from the *_20_6_0 names of the first protocol version.
function wrongVersionOf(expected: ExpectedRevision, current: number): object {
  return {
    ...(current < 0
      ? { currentNoStream: {}, noStream_20_6_0: {} }
      : { currentRevision: String(current), currentRevision_20_6_0: String(current) }),
    ...expectation(expected),
  }
}

function expectation(expected: ExpectedRevision): object {
  if (expected === 'any') return { expectedAny: {}, any_20_6_0: {} }
  if (expected === 'streamExists') return { expectedStreamExists: {}, streamExists_20_6_0: {} }
  if (expected === 'noStream')
    return { expectedNoStream: {}, expectedRevision_20_6_0: '18446744073709551615' }
  return { expectedRevision: expected.toString(), expectedRevision_20_6_0: expected.toString() }
}

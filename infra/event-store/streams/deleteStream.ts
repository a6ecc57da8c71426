import type { ExpectedRevision } from '../log/expectedRevision.ts'
import { isMetastream } from '../log/logRecord.ts'
import type { ServerContext } from '../serverContext.ts'
import type { GrpcCall } from '../transport/grpcCall.ts'
import { handleUnary } from '../transport/unary.ts'
import { method, streamsService } from '../wire/definitions.ts'
import { toPositionMessage, type ChangeStreamRequest } from '../wire/messages.ts'
import { checkExpectedRevision, checkWritableName } from './appendRequest.ts'
import { failedWriteError, invalidArgument, wrongVersionError } from './streamErrors.ts'

const deleteCodec = method<ChangeStreamRequest, object>(streamsService, 'Delete')
const tombstoneCodec = method<ChangeStreamRequest, object>(streamsService, 'Tombstone')

export const deletePath = deleteCodec.path
export const tombstonePath = tombstoneCodec.path

export function handleDelete(context: ServerContext, call: GrpcCall): void {
  handleUnary(call, deleteCodec, (request) => change(context, call, 'softDelete', request))
}

export function handleTombstone(context: ServerContext, call: GrpcCall): void {
  handleUnary(call, tombstoneCodec, (request) => change(context, call, 'tombstone', request))
}

async function change(
  { log, access }: ServerContext,
  call: GrpcCall,
  kind: 'softDelete' | 'tombstone',
  { options }: ChangeStreamRequest,
): Promise<object> {
  const stream = options?.streamIdentifier?.streamName.toString('utf8') ?? ''
  checkWritableName(stream)
  if (isMetastream(stream)) throw invalidArgument(`'${stream}' holds metadata and can't be deleted by itself`)
  const expected = expectedRevision(options)
  checkExpectedRevision(expected)
  await access.requireStream(access.identify(call.headers), 'delete', stream)
  const outcome = await log.writer.write({ kind, stream, expected, events: [], bytes: 0 })
  if (outcome.kind === 'wrongVersion') throw wrongVersionError(stream, expected, outcome.current)
  if (outcome.kind !== 'written') throw failedWriteError(outcome)
  return outcome.position === undefined
    ? { noPosition: {} }
    : { position: toPositionMessage(outcome.position) }
}

function expectedRevision(options: ChangeStreamRequest['options']): ExpectedRevision {
  switch (options?.expectedStreamRevision) {
    case 'revision':
      return BigInt(options.revision ?? '0')
    case 'noStream':
      return 'noStream'
    case 'streamExists':
      return 'streamExists'
    case 'any':
    case undefined:
      return 'any'
  }
}

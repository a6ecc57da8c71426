import { isMetastream, originalOf } from '../log/logRecord.ts'
import { parseStreamMetadata } from '../log/streamMetadata.ts'
import type { EventLine } from './eventLine.ts'
import type { ImportSummary } from './importSummary.ts'

const largestBatch = 100
const largestBatchBytes = 500_000

/** Events of one stream that follow each other in the log; a deletion is a batch of its own. */
export async function* importBatches(
  events: AsyncIterable<EventLine>,
  summary: ImportSummary,
): AsyncGenerator<EventLine[]> {
  let batch: EventLine[] = []
  let bytes = 0
  const writes = new ServerWrites()
  try {
    for await (const line of events) {
      summary.read++
      if (isBookkeeping(line.stream)) {
        summary.bookkeeping++
        continue
      }
      if (writes.isWrittenByServer(line)) {
        summary.writtenByServer++
        continue
      }
      const size = line.data.length + line.metadata.length + 2 * line.type.length
      const [first] = batch
      const belongs =
        first?.stream === line.stream && batch.length < largestBatch && bytes + size <= largestBatchBytes
      if (batch.length > 0 && (!belongs || isDeletion(line) || (first && isDeletion(first)))) {
        yield batch
        batch = []
        bytes = 0
      }
      batch.push(line)
      bytes += size
    }
  } catch (error) {
    // What was read before a line that can't be read is sent: the summary then adds up.
    if (batch.length > 0) yield batch
    throw error
  }
  if (batch.length > 0) yield batch
}

/** A server writes a revived stream's new metadata by itself, so the one in a log is its own too. */
export class ServerWrites {
  private readonly deleted = new Set<string>()
  private readonly reviving = new Set<string>()

  isWrittenByServer(line: EventLine): boolean {
    const owner = isMetastream(line.stream) ? originalOf(line.stream) : line.stream
    if (isSoftDelete(line)) this.deleted.add(owner)
    else if (isMetastream(line.stream) && this.reviving.delete(owner)) return true
    else if (this.deleted.delete(owner)) this.reviving.add(owner)
    return false
  }
}

export function isBookkeeping(stream: string): boolean {
  const owner = isMetastream(stream) ? originalOf(stream) : stream
  return owner.startsWith('$')
}

export function isDeletion(line: EventLine): boolean {
  return isTombstone(line) || isSoftDelete(line)
}

export function isTombstone(line: EventLine): boolean {
  return line.revision === 2n ** 63n - 1n
}

export function isSoftDelete(line: EventLine): boolean {
  return isMetastream(line.stream) && parseStreamMetadata(line.data).isSoftDeleted
}

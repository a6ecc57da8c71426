import { readlinkSync } from 'node:fs'
import { getHeapStatistics } from 'node:v8'
import { parentPort, workerData } from 'node:worker_threads'
import { boundParserMemory, parserMemoryBytes } from './parserMemory.ts'
import type { TextKind, ThreadAnswer, ThreadFault, ThreadReady } from './messages.ts'

const { kind } = workerData as { kind: TextKind }

boundParserMemory()
const analyse = await analysisOf(kind)
parentPort?.on('message', (content: string) => {
  parentPort?.postMessage(answerTo(content))
})
parentPort?.postMessage({ threadId: ownThreadId() } satisfies ThreadReady)

async function analysisOf(wanted: TextKind): Promise<(content: string) => unknown> {
  switch (wanted) {
    case 'sql':
      return (await import('../sql/statements.ts')).parseStatements
    case 'mongo': {
      const [{ parseShell }, { pack }] = await Promise.all([
        import('../mongo/shellParser.ts'),
        import('./packing.ts'),
      ])
      return (content) => pack(parseShell(content))
    }
    case 'script':
      return (await import('../script/scriptText.ts')).parseScript
  }
}

function answerTo(content: string): ThreadAnswer | ThreadFault {
  try {
    const answer = analyse(content)
    return { answer, heldBytes: parserMemoryBytes() + getHeapStatistics().total_heap_size }
  } catch (error) {
    return { fault: error instanceof RangeError ? 'depth' : String(error) }
  }
}

function ownThreadId(): string | null {
  try {
    return readlinkSync('/proc/thread-self').split('/').at(-1) ?? null
  } catch {
    return null
  }
}

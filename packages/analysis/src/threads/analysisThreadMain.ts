import { readlinkSync } from 'node:fs'
import { getHeapStatistics } from 'node:v8'
import { parentPort, workerData } from 'node:worker_threads'
import { boundParserMemory, parserMemoryBytes } from './parserMemory.ts'
import type { AnalysisTask, TextKind, ThreadAnswer, ThreadFault, ThreadReady } from './messages.ts'

const { kind } = workerData as { kind: TextKind }

boundParserMemory()
const analyse = await analysisOf(kind)
parentPort?.on('message', (task: AnalysisTask) => {
  parentPort?.postMessage(answerTo(task))
})
parentPort?.postMessage({ threadId: ownThreadId() } satisfies ThreadReady)

async function analysisOf(wanted: TextKind): Promise<(task: AnalysisTask) => unknown> {
  switch (wanted) {
    case 'sql': {
      const { parseStatements } = await import('../sql/statements.ts')
      return ({ content }) => parseStatements(content)
    }
    case 'mongo': {
      const { parseShell } = await import('../mongo/shellParser.ts')
      return ({ content, database }) => parseShell(content, database)
    }
    case 'script': {
      const { parseScript } = await import('../script/scriptText.ts')
      return ({ content, engine }) => parseScript(content, engine)
    }
  }
}

function answerTo(task: AnalysisTask): ThreadAnswer | ThreadFault {
  try {
    const answer = analyse(task)
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

import { readlinkSync } from 'node:fs'
import { getHeapStatistics } from 'node:v8'
import { parentPort } from 'node:worker_threads'
import { boundParserMemory, parserMemoryBytes } from './parserMemory.ts'
import type { AnalysisTask, ThreadAnswer, ThreadFault, ThreadReady } from './messages.ts'

type Analyse = (task: AnalysisTask) => unknown

/** What a thread does: it answers one text after the other. */
export function serveTexts(analyse: Analyse): void {
  boundParserMemory()
  parentPort?.on('message', (task: AnalysisTask) => {
    parentPort?.postMessage(answerTo(analyse, task))
  })
  parentPort?.postMessage({ threadId: ownThreadId() } satisfies ThreadReady)
}

function answerTo(analyse: Analyse, task: AnalysisTask): ThreadAnswer | ThreadFault {
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

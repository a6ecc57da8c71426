import type { CommandEntry, HistoryEntry } from '../faults/history.ts'

/** Keeps the history of a run in the order in which things were seen. */
export class Recorder {
  readonly entries: HistoryEntry[] = []
  readonly #startedAt = performance.now()
  #attempts = 0

  /** Notes that a command is sent; answers how to note what came of it. */
  invoke(
    command: Omit<CommandEntry, 'type' | 'attempt' | 'atMs' | 'words'>,
  ): (type: 'ok' | 'fail' | 'info', words: string) => void {
    const attempt = this.#attempts++
    this.entries.push({ ...command, attempt, type: 'invoke', words: '', atMs: this.#now() })
    return (type, words) => {
      this.entries.push({ ...command, attempt, type, words, atMs: this.#now() })
    }
  }

  nemesis(words: string): void {
    this.entries.push({ type: 'nemesis', words, atMs: this.#now() })
  }

  /** How often each kind of entry was seen. */
  counts(): Record<string, number> {
    const counts: Record<string, number> = {}
    for (const entry of this.entries) {
      const name = entry.type === 'nemesis' ? entry.words : `${entry.action} ${entry.type}`
      counts[name] = (counts[name] ?? 0) + 1
    }
    return counts
  }

  #now(): number {
    return Math.round(performance.now() - this.#startedAt)
  }
}

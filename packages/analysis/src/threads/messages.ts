import type { Engine } from '@sre-portal/contracts'
import type { ParsedScript } from '../script/scriptText.ts'
import type { ParsedShell } from '../mongo/shellParser.ts'
import type { Parsed } from '../sql/statements.ts'

/** What a text is, and what comes of analysing it. */
export interface Analyses {
  sql: Parsed
  mongo: ParsedShell
  script: ParsedScript
}

export type TextKind = keyof Analyses

/** A text to be looked at. */
export interface AnalysisTask {
  content: string
  /** The database that a query is about, where that matters. */
  database: string | null
  /** What a script will talk to, where that matters. */
  engine: Engine | null
}

/** The first word of a thread: it has loaded its parser. */
export interface ThreadReady {
  /** Its number within the process where the system tells it (Linux), else null. */
  threadId: string | null
}

/** What came of one text, in a form that may be sent between threads. */
export interface ThreadAnswer {
  answer: unknown
  /** What the thread holds now: the parser's memory and its heap. */
  heldBytes: number
}

/** The parser failed in a way that says nothing about the text. */
export interface ThreadFault {
  fault: string
}

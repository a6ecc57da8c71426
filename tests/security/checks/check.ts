/** One thing that must hold, and which tests show it. */
export interface Check {
  id: string
  /** What must hold, in a sentence. */
  holds: string
  /** Tests by file, each by its title as it is written in the file. */
  shownBy: Record<string, string[]>
}

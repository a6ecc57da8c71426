export interface Counts {
  passed: number
  failed: number
  /** Name of each, with the reason where one was given. */
  skipped: string[]
  failures: string[]
}
export function nothing(): Counts
export function sum(all: Counts[]): Counts
export function countCheck(name: string, succeeded: boolean): Counts
export function countVitest(name: string, file: string, succeeded: boolean): Counts
export function countPlaywright(name: string, file: string, succeeded: boolean): Counts

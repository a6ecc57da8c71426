import type { Check } from './checks/check.ts'

/** A test that was run. */
export interface Ran {
  file: string
  /** With the values of its parameters. */
  title: string
  passed: boolean
}

/** What a title in the table stands for: `%s`, `$name` and their like are the values of a parameter. */
export const titlePattern = (title: string): string =>
  title
    .split(/%[sijdfoc#]|\$[\w.]+/)
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('[\\s\\S]*')

/** What is wrong with a check, in words; nothing when each of its tests was run and passed. */
export function judge({ shownBy }: Check, ran: readonly Ran[]): string[] {
  const named = Object.entries(shownBy).flatMap(([file, titles]) => titles.map((title) => ({ file, title })))
  if (named.length === 0) return ['no test shows it']
  return named.flatMap(({ file, title }) => {
    const pattern = new RegExp(`^${titlePattern(title)}$`)
    const found = ran.filter((one) => one.file === file && pattern.test(one.title))
    if (found.length === 0) return [`was not run: ${file}: ${title}`]
    return found.filter(({ passed }) => !passed).map((one) => `failed: ${file}: ${one.title}`)
  })
}

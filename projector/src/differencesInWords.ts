import type { AuditDifferences } from './auditDifferences.ts'
import { readModelVersion } from './schema.ts'

/** Whether all of it was compared, and nothing was found. */
export const isWhatEventsSay = (found: AuditDifferences | null): boolean =>
  found === null || (found.count === 0 && found.notCompared.length === 0 && found.remarks.length === 0)

/** Sentences for operators. */
export function differencesInWords(found: AuditDifferences | null): string {
  if (found === null) return 'There were no read models before, so no audit log to compare with the events.'
  const { count, positions, upTo, notCompared, otherVersion } = found
  const remarks = [...found.remarks, ...(otherVersion === null ? [] : [versionInWords(otherVersion)])]
  const where = `${positions.join(', ')}${count > positions.length ? ' and more' : ''}`
  const incomplete = notCompared.map((why) => `It could not be compared in full, because ${why}.`)
  if (count > 0)
    return [
      `The former audit log differed from the events in ${count} ${count === 1 ? 'line' : 'lines'}, at position ${where}.`,
      remarks.length === 0 ? 'Somebody or something else has changed it.' : '',
      ...remarks,
      ...incomplete,
    ]
      .filter(Boolean)
      .join(' ')
  if (notCompared.length > 0) return [...wordsOfFailure(notCompared), ...remarks].join(' ')
  return [`The former audit log was what the events say, up to position ${upTo}.`, ...remarks].join(' ')
}

const wordsOfFailure = ([first, ...others]: string[]): string[] => [
  `The former audit log could not be compared with the events, because ${first}. No difference was found in the rest of it.`,
  ...others.map((why) => `Nor could it in full, because ${why}.`),
]

const versionInWords = (version: number) =>
  `It was told to be of version ${version}, and this program writes version ${readModelVersion}: another version may word lines otherwise.`

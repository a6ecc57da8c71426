import { linkType, type LogRecord } from './logRecord.ts'

export interface LinkTarget {
  stream: string
  revision: number
}

/** Where a `$>` event points to: its data is `<revision>@<stream>`. Undefined for any other event. */
export function linkTarget(record: LogRecord): LinkTarget | undefined {
  if (record.type !== linkType) return undefined
  const match = /^(\d{1,19})@(.+)$/s.exec(record.data.toString('utf8'))
  return match ? { revision: Number(match[1]), stream: match[2] ?? '' } : undefined
}

export function linkData(revision: number, stream: string): Buffer {
  return Buffer.from(`${revision}@${stream}`)
}

/** The revision of the last event of a deleted (tombstoned) stream: 2^63-1 on the wire and in the database. */
export const tombstoneRevision = 2 ** 63

export const firstPosition = 100

export interface LogRecord {
  position: number
  streamKey: number
  streamName: string
  revision: number
  id: Buffer
  type: string
  isJson: boolean
  createdMicros: number
  data: Buffer
  metadata: Buffer
}

export const linkType = '$>'
export const metadataType = '$metadata'
export const tombstoneType = '$streamDeleted'

export function isMetastream(streamName: string): boolean {
  return streamName.startsWith('$$')
}

export function metastreamOf(streamName: string): string {
  return `$$${streamName}`
}

export function originalOf(metastreamName: string): string {
  return metastreamName.slice(2)
}

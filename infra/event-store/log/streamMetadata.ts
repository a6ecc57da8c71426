/** `$tb` of a soft-deleted stream; compared as text-exact bigint, because JSON numbers lose its last digits. */
const deletedTruncateBefore = 9223372036854775807n

export interface StreamMetadata {
  maxCount?: number
  maxAgeSeconds?: number
  truncateBefore?: number
  isSoftDeleted: boolean
  acl?: StreamAcl
}

export interface StreamAcl {
  read?: readonly string[]
  write?: readonly string[]
  delete?: readonly string[]
  metaRead?: readonly string[]
  metaWrite?: readonly string[]
}

export const emptyMetadata: StreamMetadata = { isSoftDeleted: false }

export const metastreamMetadata: StreamMetadata = { maxCount: 1, isSoftDeleted: false }

export const softDeletedContent = Buffer.from(`{"$tb":${deletedTruncateBefore}}`)

export function parseStreamMetadata(content: Buffer): StreamMetadata {
  const source = content.toString('utf8')
  const json = parseObject(source)
  if (!json) return emptyMetadata
  const metadata: StreamMetadata = { isSoftDeleted: false }
  const maxCount = wholeNumber(json['$maxCount'], 1)
  if (maxCount !== undefined) metadata.maxCount = maxCount
  const maxAge = wholeNumber(json['$maxAge'], 1)
  if (maxAge !== undefined) metadata.maxAgeSeconds = maxAge
  const truncateBefore = wholeNumber(json['$tb'], 0)
  if (truncateBefore !== undefined) {
    metadata.truncateBefore = truncateBefore
    metadata.isSoftDeleted =
      truncateBefore >= 2 ** 53 && exactTruncateBefore(source) === deletedTruncateBefore
  }
  const acl = parseAcl(json['$acl'])
  if (acl) metadata.acl = acl
  return metadata
}

/** The metadata of a stream that is written to again after a soft delete: its other keys stay as they were. */
export function withTruncateBefore(content: Buffer, truncateBefore: number): Buffer {
  const json = parseObject(content.toString('utf8')) ?? {}
  return Buffer.from(JSON.stringify({ ...json, $tb: truncateBefore }))
}

function parseObject(source: string): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(source)
    return typeof json === 'object' && json !== null && !Array.isArray(json)
      ? (json as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

function wholeNumber(value: unknown, least: number): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= least ? value : undefined
}

function exactTruncateBefore(source: string): bigint | undefined {
  const digits = [...source.matchAll(/"\$tb"\s*:\s*(\d+)/g)].at(-1)?.[1]
  return digits === undefined ? undefined : BigInt(digits)
}

export function parseAcl(value: unknown): StreamAcl | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const source = value as Record<string, unknown>
  const acl: StreamAcl = {}
  const read = roleList(source['$r'])
  if (read) acl.read = read
  const write = roleList(source['$w'])
  if (write) acl.write = write
  const remove = roleList(source['$d'])
  if (remove) acl.delete = remove
  const metaRead = roleList(source['$mr'])
  if (metaRead) acl.metaRead = metaRead
  const metaWrite = roleList(source['$mw'])
  if (metaWrite) acl.metaWrite = metaWrite
  return acl
}

function roleList(value: unknown): string[] | undefined {
  if (typeof value === 'string') return [value]
  return Array.isArray(value) ? value.filter((role): role is string => typeof role === 'string') : undefined
}

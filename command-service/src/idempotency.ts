import { createHash, createHmac } from 'node:crypto'
import type { Request, Response } from 'express'
import { idempotencyKeyHeader, type CommandFingerprint, type EventMetadata } from '@sre-portal/contracts'
import { DomainError } from '@sre-portal/domain'
import { fingerprintText, usedKey } from '@sre-portal/platform/commandHandler'
import { metadataOf, signedIn } from './commanding.ts'
import type { Context } from './context.ts'

/** What a route hands to the command handler: a key that makes it safe to send twice, and the metadata of its events. */
export interface Command {
  key: string
  metadata: EventMetadata
}

/**
 * Runs a route's work under the client's Idempotency-Key, bound to the person, the method, the path and the body; a key that was used for
 * anything else is refused on every route. Without a key each call is a command of its own.
 * @throws DomainError `invalid` for a key that is too short to be unique or too long to be kept, `unprocessable` for a used one
 */
export async function asCommand<T>(
  context: Context,
  request: Request,
  response: Response,
  work: (command: Command) => Promise<T>,
): Promise<T> {
  const metadata = metadataOf(context, request, response)
  const given = request.get(idempotencyKeyHeader)
  if (given === undefined) return work({ key: context.newId(), metadata })
  if (!/^[\w.:-]{16,128}$/.test(given))
    throw new DomainError(
      'invalid',
      `${idempotencyKeyHeader} takes 16 to 128 letters, digits and the characters . : _ -`,
    )
  const { id: userId } = signedIn(response).user
  const fingerprint = fingerprintOf(context, request)
  const isFirst = await reserve(context, userId, given, fingerprint)
  try {
    const command = { key: `${userId}:${given}`, metadata: { ...metadata, command: fingerprint } }
    const result = await work(command)
    if (!isFirst) await reserve(context, userId, given, fingerprint)
    return result
  } catch (error) {
    // What was refused has used nothing up: the corrected command may carry the same key.
    if (isFirst && error instanceof DomainError) await free(context, userId, given)
    throw error
  }
}

// Keyed, because a plain digest would let whoever reads the log try passwords against it.
function fingerprintOf(context: Context, request: Request): CommandFingerprint {
  const file = request.file && {
    name: request.file.originalname,
    sha256: createHash('sha256').update(request.file.buffer).digest('hex'),
  }
  const bodyDigest = createHmac(
    'sha256',
    createHmac('sha256', context.jwtSecret).update('fingerprint').digest(),
  )
    .update(JSON.stringify([request.body ?? null, file ?? null]))
    .digest('hex')
  return { method: request.method, path: request.originalUrl.split('?')[0] ?? '', bodyDigest }
}

/** @returns true when the key was not in use @throws DomainError `unprocessable` when it is, for something else */
async function reserve(
  { pool }: Context,
  userId: string,
  key: string,
  fingerprint: CommandFingerprint,
): Promise<boolean> {
  const text = fingerprintText(fingerprint)
  const { rowCount } = await pool.query(
    `insert into record.idempotency_keys (user_id, key, fingerprint) values ($1, $2, $3) on conflict do nothing`,
    [userId, key, text],
  )
  if (rowCount === 1) return true
  const { rows } = await pool.query<{ fingerprint: string }>(
    'select fingerprint from record.idempotency_keys where user_id = $1 and key = $2',
    [userId, key],
  )
  const [method = '', path = ''] = rows[0]?.fingerprint.split(' ') ?? []
  if (rows[0] && rows[0].fingerprint !== text) throw usedKey({ method, path })
  return false
}

const free = ({ pool }: Context, userId: string, key: string) =>
  pool.query('delete from record.idempotency_keys where user_id = $1 and key = $2', [userId, key])

/** Keys are kept for a month; the events keep theirs for ever. */
export const forgetOldKeys = ({ pool }: Context) =>
  pool.query(`delete from record.idempotency_keys where used_at < now() - interval '30 days'`)

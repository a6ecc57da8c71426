import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { canonicalConnection, type Connection } from '@sre-portal/domain'

const algorithm = 'aes-256-gcm'
const ivBytes = 12
const tagBytes = 16

/** Keys by id; the first encrypts, the others only decrypt. */
export interface KeyRing {
  activeKeyId: string
  keys: ReadonlyMap<string, Buffer>
}

/** Reads `k2:<base64 of 32 bytes>,k1:<base64 of 32 bytes>`, the active key first. @throws Error that repeats no key */
export function parseKeyRing(text: string): KeyRing {
  const keys = new Map<string, Buffer>()
  for (const entry of text.split(',')) {
    const [id = '', base64 = ''] = entry.trim().split(':')
    const key = Buffer.from(base64, 'base64')
    if (!/^[a-z0-9]{1,20}$/.test(id))
      throw new Error('each key needs an id of lower-case letters and digits before a colon')
    if (key.length !== 32 || key.toString('base64') !== base64)
      throw new Error(`key ${id} must be 32 bytes as base64, for example from: openssl rand -base64 32`)
    if (keys.has(id)) throw new Error(`key ${id} is there twice`)
    keys.set(id, key)
  }
  const [activeKeyId] = keys.keys()
  if (activeKeyId === undefined) throw new Error('at least one key is needed')
  return { activeKeyId, keys }
}

/** What a secret is for: `owner` for what is sealed now; `ownerBefore` for what an earlier version sealed, which names no place. */
export interface SecretPurpose {
  owner: string
  ownerBefore: string
}

/** Why a stored secret was not opened. No message of it holds the secret. */
export class SecretUnreadable extends Error {
  readonly reason: 'changed' | 'unknown-key'
  readonly keyId: string

  constructor(reason: 'changed' | 'unknown-key', keyId: string) {
    super(
      reason === 'changed'
        ? 'The stored secret does not belong here or was changed.'
        : `The key "${keyId}" is not configured.`,
    )
    this.name = 'SecretUnreadable'
    this.reason = reason
    this.keyId = keyId
  }
}

/**
 * Encrypts with AES-256-GCM (NIST SP 800-38D) under the active key and a random IV. The owner is authenticated beside the text, so that a
 * ciphertext moved to another row, or an instance moved to another place, does not decrypt. Form: `v2:<key id>:<iv>:<tag>:<ciphertext>`, base64.
 */
export function seal(ring: KeyRing, { owner }: SecretPurpose, plaintext: string): string {
  const iv = randomBytes(ivBytes)
  const cipher = createCipheriv(algorithm, keyOf(ring, ring.activeKeyId), iv, { authTagLength: tagBytes })
  cipher.setAAD(Buffer.from(owner))
  const body = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()])
  return [
    'v2',
    ring.activeKeyId,
    ...[iv, cipher.getAuthTag(), body].map((part) => part.toString('base64')),
  ].join(':')
}

/** Decrypts what `seal` made for the same purpose. @throws SecretUnreadable when key, owner or a single bit differ */
export function open(ring: KeyRing, purpose: SecretPurpose, sealed: string): string {
  const [version = '', keyId = '', iv = '', tag = '', body = '', ...rest] = sealed.split(':')
  const owner = { v1: purpose.ownerBefore, v2: purpose.owner }[version]
  const tagBuffer = Buffer.from(tag, 'base64')
  if (owner === undefined || rest.length > 0 || tagBuffer.length !== tagBytes)
    throw new SecretUnreadable('changed', keyId)
  const key = keyOf(ring, keyId)
  try {
    const decipher = createDecipheriv(algorithm, key, Buffer.from(iv, 'base64'), { authTagLength: tagBytes })
    decipher.setAAD(Buffer.from(owner))
    decipher.setAuthTag(tagBuffer)
    return Buffer.concat([decipher.update(Buffer.from(body, 'base64')), decipher.final()]).toString('utf8')
  } catch {
    throw new SecretUnreadable('changed', keyId)
  }
}

/** True for what is sealed by the active key and for its place: nothing is gained by sealing it anew. */
export const isSealedAsNow = (ring: KeyRing, sealed: string): boolean =>
  sealed.startsWith(`v2:${ring.activeKeyId}:`)

/** The purpose of an instance's password: this instance, this place, this login. */
export const instancePasswordOf = (instance: Connection & { id: string }): SecretPurpose => {
  const ownerBefore = `target_credentials:${instance.id}:password`
  return { ownerBefore, owner: `${ownerBefore}:${canonicalConnection(instance)}` }
}

function keyOf(ring: KeyRing, id: string): Buffer {
  const key = ring.keys.get(id)
  if (!key) throw new SecretUnreadable('unknown-key', id)
  return key
}

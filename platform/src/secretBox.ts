import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

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

/**
 * Encrypts with AES-256-GCM (NIST SP 800-38D) under the active key and a random IV. `owner` is authenticated beside the text, so that a
 * ciphertext moved to another row does not decrypt. Form: `v1:<key id>:<iv>:<tag>:<ciphertext>`, base64.
 */
export function seal(ring: KeyRing, owner: string, plaintext: string): string {
  const iv = randomBytes(ivBytes)
  const cipher = createCipheriv(algorithm, keyOf(ring, ring.activeKeyId), iv, { authTagLength: tagBytes })
  cipher.setAAD(Buffer.from(owner))
  const body = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()])
  return [
    'v1',
    ring.activeKeyId,
    ...[iv, cipher.getAuthTag(), body].map((part) => part.toString('base64')),
  ].join(':')
}

/** Decrypts what `seal` made for the same owner. @throws Error without the text when key, owner or a single bit differ */
export function open(ring: KeyRing, owner: string, sealed: string): string {
  const [version, keyId = '', iv = '', tag = '', body = '', ...rest] = sealed.split(':')
  if (version !== 'v1' || rest.length > 0) throw new Error('The stored secret has an unknown form.')
  const tagBuffer = Buffer.from(tag, 'base64')
  if (tagBuffer.length !== tagBytes) throw new Error('The stored secret is damaged.')
  const decipher = createDecipheriv(algorithm, keyOf(ring, keyId), Buffer.from(iv, 'base64'), {
    authTagLength: tagBytes,
  })
  decipher.setAAD(Buffer.from(owner))
  decipher.setAuthTag(tagBuffer)
  try {
    return Buffer.concat([decipher.update(Buffer.from(body, 'base64')), decipher.final()]).toString('utf8')
  } catch {
    throw new Error('The stored secret does not belong here or was changed.')
  }
}

/** The owner under which an instance's password is sealed. */
export const instancePasswordOwner = (instanceId: string): string =>
  `target_credentials:${instanceId}:password`

function keyOf(ring: KeyRing, id: string): Buffer {
  const key = ring.keys.get(id)
  if (!key) throw new Error(`The key "${id}" is not configured.`)
  return key
}

import { randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

const passwordNames = [
  'admin',
  'command',
  'query',
  'projector',
  'executor',
  'eventstore',
  'demoWriter',
  'demoReader',
] as const
const passwordsSchema = z.record(z.enum(passwordNames), z.string().min(20))

export interface StackSecrets {
  /** Passwords of the PostgreSQL roles. */
  passwords: z.infer<typeof passwordsSchema>
  jwtSecretFile: string
  credentialKeysFile: string
}

const mongoPasswordsSchema = z.object({ admin: z.string().min(20), writer: z.string().min(20) })
/** Passwords of a MongoDB that knows logins. */
export type MongoPasswords = z.infer<typeof mongoPasswordsSchema>

const password = () => randomBytes(24).toString('base64url')

/** Made once, kept in the data folder, readable by its owner alone. Without them the data are useless. */
export function loadSecrets(dataDir: string): StackSecrets {
  const once = (name: string, make: () => string) => madeOnce(dataDir, name, make)
  const passwordsFile = once('passwords.json', () =>
    JSON.stringify(Object.fromEntries(passwordNames.map((name) => [name, password()])), null, 2),
  )
  return {
    passwords: passwordsSchema.parse(JSON.parse(readFileSync(passwordsFile, 'utf8'))),
    jwtSecretFile: once('jwt-secret', () => randomBytes(48).toString('base64url')),
    credentialKeysFile: once('credential-keys', () => `k1:${randomBytes(32).toString('base64')}`),
  }
}

/** Made when a MongoDB is first wanted, which may be long after the others. */
export function loadMongoPasswords(dataDir: string): MongoPasswords {
  const file = madeOnce(dataDir, 'mongo-passwords.json', () =>
    JSON.stringify({ admin: password(), writer: password() }, null, 2),
  )
  return mongoPasswordsSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
}

function madeOnce(dataDir: string, name: string, make: () => string): string {
  const folder = join(dataDir, 'secrets')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const file = join(folder, name)
  if (!existsSync(file)) writeWhole(file, make())
  return file
}

/** On disk as a whole or not at all: a key that encrypted something must not be lost to a power cut. */
function writeWhole(path: string, text: string): void {
  const half = `${path}.new`
  const descriptor = openSync(half, 'w', 0o600)
  writeSync(descriptor, text)
  fsyncSync(descriptor)
  closeSync(descriptor)
  renameSync(half, path)
}

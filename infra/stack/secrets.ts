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

const password = () => randomBytes(24).toString('base64url')

/** Made once, kept in the data folder, readable by its owner alone. Without them the data are useless. */
export function loadSecrets(dataDir: string): StackSecrets {
  const folder = join(dataDir, 'secrets')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const file = (name: string) => join(folder, name)
  const once = (name: string, make: () => string) => {
    if (!existsSync(file(name))) writeWhole(file(name), make())
    return file(name)
  }
  const passwordsFile = once('passwords.json', () =>
    JSON.stringify(Object.fromEntries(passwordNames.map((name) => [name, password()])), null, 2),
  )
  return {
    passwords: passwordsSchema.parse(JSON.parse(readFileSync(passwordsFile, 'utf8'))),
    jwtSecretFile: once('jwt-secret', () => randomBytes(48).toString('base64url')),
    credentialKeysFile: once('credential-keys', () => `k1:${randomBytes(32).toString('base64')}`),
  }
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

import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { parseNetworks } from '@sre-portal/domain'
import { parseEventStoreAddress } from './eventStoreAddress.ts'

/**
 * Reads a service's configuration from the environment. A variable `X` may be given as `X_FILE`, the path of a file that holds it.
 * @throws Error naming every fault at once; values are never repeated in it, because they may be secrets
 */
export function readConfig<S extends z.ZodObject>(schema: S, env: NodeJS.ProcessEnv): z.infer<S> {
  const faults: string[] = []
  const values: Record<string, string> = {}
  for (const name of Object.keys(schema.shape)) {
    const value = env[name] ?? readFileOf(name, env, faults)
    if (value !== undefined && value !== '') values[name] = value
  }
  const parsed = schema.safeParse(values)
  if (parsed.success && faults.length === 0) return parsed.data
  for (const issue of parsed.error?.issues ?? []) {
    const name = issue.path.join('.')
    const missing = issue.code === 'invalid_type' && !(name in values)
    faults.push(`${name}: ${missing ? 'is missing' : issue.message}`)
  }
  throw new Error(
    `The configuration has ${faults.length} fault(s); see .env.example.\n  ${faults.join('\n  ')}`,
  )
}

function readFileOf(name: string, env: NodeJS.ProcessEnv, faults: string[]): string | undefined {
  const path = env[`${name}_FILE`]
  if (!path) return undefined
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    faults.push(`${name}_FILE: cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`)
    return undefined
  }
}

/** `true` or `false`, nothing else. */
export const flagSchema = z.enum(['true', 'false']).transform((value) => value === 'true')

/** A TCP port; 0 takes a free one. */
export const portSchema = z.coerce.number().int().min(0).max(65535)

/** Networks in CIDR notation, by commas, in which targets may be although such addresses are refused otherwise. */
export const networksSchema = z
  .string()
  .default('')
  .transform((text, context) => {
    try {
      return parseNetworks(text)
    } catch (error) {
      context.addIssue((error as Error).message)
      return z.NEVER
    }
  })

/** What every service takes from the environment. */
export const serviceConfigSchema = z.object({
  NODE_ENV: z.enum(['production', 'development', 'test']).default('production'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  HOST: z.string().default('127.0.0.1'),
  POSTGRES_URL: z.string().regex(/^postgres(ql)?:\/\//, 'must begin with postgres://'),
  EVENTSTORE_URL: z.string().superRefine((text, context) => {
    try {
      parseEventStoreAddress(text)
    } catch (error) {
      context.addIssue((error as Error).message)
    }
  }),
  TRUSTED_PROXY_HOPS: z.coerce.number().int().min(0).max(10).default(0),
  TLS_CERT_FILE: z.string().optional(),
  TLS_KEY_FILE: z.string().optional(),
})
export type ServiceConfig = z.infer<typeof serviceConfigSchema>

const exampleSecret = 'change-me-change-me-change-me-change-me'

/** The key that signs access tokens: at least 32 bytes, and not the one of the example. */
export const jwtSecretSchema = z
  .string()
  .refine((value) => Buffer.byteLength(value) >= 32, 'must have at least 32 bytes')
  .refine((value) => value !== exampleSecret, 'is the value of the example; make your own')

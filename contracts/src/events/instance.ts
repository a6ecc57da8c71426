import { z } from 'zod'
import { engineSchema, environmentSchema, uuidSchema } from '../vocabulary.ts'

/** Where a target is reached: by host and port, or (MongoDB) by a URI that carries no user and no password. */
export const endpointSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('host'),
    host: z
      .string('Type a host name or address.')
      .min(1, 'Type a host name or address.')
      .max(253, 'A host name has at most 253 characters.'),
    port: z
      .int('A port is a number from 1 to 65535.')
      .min(1, 'A port is a number from 1 to 65535.')
      .max(65535, 'A port is a number from 1 to 65535.'),
    tls: z.boolean(),
  }),
  z.object({
    kind: z.literal('uri'),
    uri: z.string('Type a URI.').min(1, 'Type a URI.').max(2000, 'A URI has at most 2,000 characters.'),
  }),
])
export type Endpoint = z.infer<typeof endpointSchema>

const settingsSchema = z.object({
  name: z.string(),
  environment: environmentSchema,
  endpoint: endpointSchema,
  databases: z.array(z.string()),
  username: z.string(),
})

/** Data of the events of `instance-<uuid>`. The password is kept encrypted apart from events; only its key's id is told. */
export const instanceEventSchemas = {
  InstanceRegistered: settingsSchema.extend({ instanceId: uuidSchema, engine: engineSchema }),
  InstanceChanged: settingsSchema,
  InstanceCredentialsRotated: z.object({ keyId: z.string() }),
  /** The same password, sealed anew by another key. */
  InstanceSecretResealed: z.object({ keyId: z.string() }),
  /** The stored password was not what had been sealed for this instance, or its key is not there: it was not used. */
  InstanceSecretRefused: z.object({ reason: z.enum(['changed', 'unknown-key']), keyId: z.string() }),
  InstanceRetired: z.object({}),
  InstanceTestRequested: z.object({ testId: uuidSchema }),
  InstanceTested: z.object({
    testId: uuidSchema,
    reachable: z.boolean(),
    serverVersion: z.string().nullable(),
    message: z.string(),
    durationMs: z.number().nonnegative(),
  }),
}

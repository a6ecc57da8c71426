import { z } from 'zod'
import { engineSchema, environmentSchema, uuidSchema } from '../vocabulary.ts'

/** Where a target is reached: by host and port, or (MongoDB) by a URI that carries no user and no password. */
export const endpointSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('host'),
    host: z.string().min(1).max(253),
    port: z.int().min(1).max(65535),
    tls: z.boolean(),
  }),
  z.object({ kind: z.literal('uri'), uri: z.string().min(1).max(2000) }),
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

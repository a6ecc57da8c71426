import { z } from 'zod'
import { endpointSchema } from '../events/instance.ts'
import {
  engineSchema,
  environmentSchema,
  instantSchema,
  podIdSchema,
  positionSchema,
  roleSchema,
  uuidSchema,
} from '../vocabulary.ts'
import { lineOfText, searchedWords, textFault } from '../text.ts'
import { newEmailSchema, newPasswordSchema } from './auth.ts'
import { listQuerySchema, listValues, personSchema, steppedPageOf } from './common.ts'

const displayName = lineOfText('A name', 'Type a name.')
  .min(1, 'Type a name.')
  .max(100, 'A name has at most 100 characters.')

export const registerUserSchema = z.strictObject({
  email: newEmailSchema,
  name: displayName,
  role: roleSchema,
  password: newPasswordSchema,
})
export type RegisterUser = z.infer<typeof registerUserSchema>

/** Body of PATCH /api/users/:id; what is absent stays. A new password ends all of that user's sessions. */
export const changeUserSchema = z.strictObject({
  name: displayName.optional(),
  role: roleSchema.optional(),
  active: z.boolean().optional(),
  password: newPasswordSchema.optional(),
})
export type ChangeUser = z.infer<typeof changeUserSchema>

/**
 * Body of POST /api/users/:id/confirm: an administrator answers for account, role, password and pods as given up to this log position, that of
 * the list in which they were seen.
 */
export const confirmUserSchema = z.strictObject({ asOf: positionSchema })
export type ConfirmUser = z.infer<typeof confirmUserSchema>

export const createPodSchema = z.strictObject({ id: podIdSchema, name: displayName, managerId: uuidSchema })
export type CreatePod = z.infer<typeof createPodSchema>

/** Body of PATCH /api/pods/:id; `deputyIds`, when given, is the whole new set. */
export const changePodSchema = z.strictObject({
  name: displayName.optional(),
  managerId: uuidSchema.optional(),
  deputyIds: z.array(uuidSchema).max(50).optional(),
})
export type ChangePod = z.infer<typeof changePodSchema>

const databases = z
  .array(lineOfText('A database name').min(1).max(128))
  .min(1, 'Name at least one database.')
  .max(100)
  .refine((names) => new Set(names).size === names.length, 'Each database once.')

/** Databases read a password to its first NUL, and bytes that half a character has not. */
const endsNowhere = (password: string) => !/\0|\p{Surrogate}/u.test(password)

const username = lineOfText('A user name').max(200)

/** As an event holds it, but typed now: nothing stands in it that is not known, and its text is checked as all text that people type. */
const [byHost, byUri] = endpointSchema.options
const typedEndpoint = z
  .discriminatedUnion('kind', [byHost.strict(), byUri.strict()])
  .check(({ value, issues }) => {
    const [field, what, text] =
      value.kind === 'host'
        ? (['host', 'A host name', value.host] as const)
        : (['uri', 'A URI', value.uri] as const)
    const fault = textFault(what, 'line', text)
    if (fault) issues.push({ code: 'custom', path: [field], message: fault, input: text })
  })

const targetPassword = z
  .string()
  .max(1000, 'A password has at most 1,000 characters.')
  .refine(endsNowhere, 'A password can’t hold a NUL or half a character: a database would read another one.')

export const registerInstanceSchema = z.strictObject({
  name: displayName,
  engine: engineSchema,
  environment: environmentSchema,
  endpoint: typedEndpoint,
  databases,
  username,
  password: targetPassword,
})
export type RegisterInstance = z.infer<typeof registerInstanceSchema>

/** Body of PATCH /api/instances/:id; what is absent stays, the password included. `retired: true` is for good. */
export const changeInstanceSchema = z.strictObject({
  name: displayName.optional(),
  environment: environmentSchema.optional(),
  endpoint: typedEndpoint.optional(),
  databases: databases.optional(),
  username: username.optional(),
  password: targetPassword.optional(),
  retired: z.literal(true).optional(),
})
export type ChangeInstance = z.infer<typeof changeInstanceSchema>

export const userRowSchema = z.object({
  id: uuidSchema,
  email: z.string(),
  name: z.string(),
  role: roleSchema,
  active: z.boolean(),
  demo: z.boolean(),
  /** The first of them by name; `podCount` counts all. */
  pods: z.array(z.object({ id: z.string(), name: z.string(), as: z.enum(['manager', 'deputy']) })),
  podCount: z.int().nonnegative(),
  registeredAt: instantSchema,
  lastLoginAt: instantSchema.nullable(),
  revision: z.int(),
})
export type UserRow = z.infer<typeof userRowSchema>

/** Everybody may see which pods there are and who decides for them. */
export const podRowSchema = z.object({
  id: podIdSchema,
  name: z.string(),
  manager: personSchema.nullable(),
  deputies: z.array(personSchema),
  revision: z.int(),
})
export type PodRow = z.infer<typeof podRowSchema>

/** What anybody who submits may know of an instance; `connection` is for administrators only and never holds a secret. */
export const instanceRowSchema = z.object({
  id: uuidSchema,
  name: z.string(),
  engine: engineSchema,
  environment: environmentSchema,
  databases: z.array(z.string()),
  retired: z.boolean(),
  revision: z.int(),
  connection: z
    .object({
      endpoint: endpointSchema,
      username: z.string(),
      passwordSetAt: instantSchema.nullable(),
      lastTest: z
        .object({
          testId: uuidSchema,
          state: z.enum(['running', 'reachable', 'unreachable']),
          at: instantSchema,
          serverVersion: z.string().nullable(),
          message: z.string().nullable(),
          durationMs: z.number().nullable(),
        })
        .nullable(),
    })
    .nullable(),
})
export type InstanceRow = z.infer<typeof instanceRowSchema>

const words = searchedWords('A search').max(200).optional()
const yesOrNo = z.enum(['true', 'false']).optional()
/** As many as the deputies of a pod. */
const mostIds = 50

/** Query of GET /api/users, by name. `q` is looked for in names and e-mail addresses; `podId` keeps who manages it or is its deputy. */
export const userListQuerySchema = listQuerySchema.extend({
  q: words,
  id: listValues(uuidSchema, mostIds),
  role: roleSchema.optional(),
  active: yesOrNo,
  podId: podIdSchema.optional(),
})
export type UserListQuery = z.infer<typeof userListQuerySchema>
export const userListSchema = steppedPageOf(userRowSchema)

/** Query of GET /api/pods, by name. `q` is looked for in names, ids and the names of those who decide; `memberId` keeps a person's pods. */
export const podListQuerySchema = listQuerySchema.extend({
  q: words,
  id: listValues(podIdSchema, mostIds),
  memberId: uuidSchema.optional(),
})
export type PodListQuery = z.infer<typeof podListQuerySchema>
export const podListSchema = steppedPageOf(podRowSchema)

/** Query of GET /api/instances, by name, retired ones last. `q` is looked for in names and databases. */
export const instanceListQuerySchema = listQuerySchema.extend({
  q: words,
  id: listValues(uuidSchema, mostIds),
  engine: engineSchema.optional(),
  environment: environmentSchema.optional(),
  retired: yesOrNo,
})
export type InstanceListQuery = z.infer<typeof instanceListQuerySchema>
export const instanceListSchema = steppedPageOf(instanceRowSchema)

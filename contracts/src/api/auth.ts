import { z } from 'zod'
import { emailFault } from '../emailAddress.ts'
import { maxPasswordBytes, minPasswordLength } from '../limits.ts'
import { lineOfText } from '../text.ts'
import { instantSchema, roleSchema, uuidSchema } from '../vocabulary.ts'
import { steppedPageOf } from './common.ts'

const addressText = lineOfText('An e-mail address', 'Type an e-mail address.')
  .min(3, 'Type an e-mail address.')
  .max(254, 'An e-mail address has at most 254 characters.')

/** E-mail address as typed; the server keeps its canonical form (NFKC, lower case, no outer blanks). */
export const emailSchema = addressText.regex(
  /^[^\s@]+@[^\s@]+$/,
  'An e-mail address looks like name@company.example.',
)

/** E-mail address of a new account. Signing in asks less of one, so that accounts of before can still be used. */
export const newEmailSchema = addressText.refine((text) => emailFault(text) === null, {
  error: ({ input }) => emailFault(String(input)) ?? '',
})

const passwordBytes = (value: string) => new TextEncoder().encode(value).length <= maxPasswordBytes

/** A password to be set. Length is all that is asked, no composition rules; refused are the commonest ones (command-service). */
export const newPasswordSchema = z
  .string('Type a password.')
  .min(minPasswordLength, `A password needs at least ${minPasswordLength} characters.`)
  .refine(passwordBytes, `A password has at most ${maxPasswordBytes} bytes.`)
  .refine((password) => !/\p{Surrogate}/u.test(password), 'A password can’t hold half a character.')

export const loginSchema = z.strictObject({
  email: emailSchema,
  password: z
    .string('Type your password.')
    .min(1, 'Type your password.')
    .refine(passwordBytes, `A password has at most ${maxPasswordBytes} bytes.`),
})
export type Login = z.infer<typeof loginSchema>

export const refreshSchema = z.strictObject({
  refreshToken: z.string().regex(/^[\w.-]{1,2000}$/, 'is no token'),
})
export type Refresh = z.infer<typeof refreshSchema>

export const changePasswordSchema = z.strictObject({
  currentPassword: z.string().min(1),
  newPassword: newPasswordSchema,
})
export type ChangePassword = z.infer<typeof changePasswordSchema>

/** The signed-in person, with the pods they decide for. */
export const sessionUserSchema = z.object({
  id: uuidSchema,
  email: z.string(),
  name: z.string(),
  role: roleSchema,
  managedPods: z.array(z.object({ id: z.string(), name: z.string(), as: z.enum(['manager', 'deputy']) })),
})
export type SessionUser = z.infer<typeof sessionUserSchema>

/** Answer of login and refresh. The access token lives 15 minutes; the refresh token is used once and replaced. */
export const sessionSchema = z.object({
  accessToken: z.string(),
  refreshToken: z.string(),
  user: sessionUserSchema,
})
export type Session = z.infer<typeof sessionSchema>

/** A session of one's own that goes on: where one is signed in. `current` is the one that asks. */
export const sessionRowSchema = z.object({ id: uuidSchema, startedAt: instantSchema, current: z.boolean() })
export type SessionRow = z.infer<typeof sessionRowSchema>
export const sessionListSchema = steppedPageOf(sessionRowSchema)

import type { ErrorCode } from '@sre-portal/contracts'
import { positionSchema } from '@sre-portal/contracts'
import type { PortalAction } from '@sre-portal/domain'
import { z } from 'zod'

/** Who may call a route: anybody, whoever is signed in, or whoever domain allows this action. Objects have rules beside it. */
export type Access = 'public' | 'signedIn' | PortalAction

/** One route of the API, told once: what is checked, what is documented, and what tests go through. */
export interface RouteDescription {
  method: 'get' | 'post' | 'patch'
  /** With `{id}` where an id stands. */
  path: string
  tag: string
  summary: string
  access: Access
  /** Which of the objects may be touched, in words. */
  scope?: string
  query?: z.ZodObject
  body?: z.ZodType
  /** Beside JSON, the same as a form with a file. */
  multipart?: z.ZodType
  answer: { status: 200 | 201 | 202 | 204; schema?: z.ZodType; type?: string; description: string }
  errors: readonly ErrorCode[]
}

/** Query of a route that has none of its own: only which position the answer must have reached. */
export const waitQuerySchema = z.strictObject({ minPosition: positionSchema.optional() })

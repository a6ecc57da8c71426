import {
  acceptedSchema,
  approveSchema,
  changeInstanceSchema,
  changePasswordSchema,
  changePodSchema,
  changeUserSchema,
  createPodSchema,
  emptyBodySchema,
  loginSchema,
  readNotificationsSchema,
  refreshSchema,
  registerInstanceSchema,
  registerUserSchema,
  rejectSchema,
  sessionSchema,
  settleSchema,
  submitQuerySchema,
  submitScriptSchema,
} from '@sre-portal/contracts'
import type { PortalAction } from '@sre-portal/domain'
import { z } from 'zod'
import type { RouteDescription } from './description.ts'

const session = { status: 200, schema: sessionSchema, description: 'Tokens and the person.' } as const
const done = { status: 204, description: 'Done.' } as const
const accepted = (status: 200 | 201 | 202) =>
  ({
    status,
    schema: acceptedSchema,
    description: 'The new revision, and the position to wait for.',
  }) as const

const action = (path: string, summary: string, scope: string, body: z.ZodType) =>
  ({
    method: 'post',
    path: `/api/requests/{id}/${path}`,
    tag: 'Requests',
    summary,
    access: 'signedIn',
    scope,
    body,
    answer: accepted(200),
    errors: ['invalid', 'forbidden', 'not_found', 'conflict'],
  }) as const satisfies RouteDescription

const administration = (
  method: 'post' | 'patch',
  path: string,
  tag: string,
  summary: string,
  access: PortalAction,
  body: z.ZodType,
) =>
  ({
    method,
    path,
    tag,
    summary,
    access,
    body,
    answer: accepted(method === 'post' ? 201 : 200),
    errors: [
      'invalid',
      'conflict',
      'unprocessable',
      ...(path.includes('{id}') ? ['not_found' as const] : []),
    ],
  }) satisfies RouteDescription

/** Commands, as the command service takes them. */
export const commandRoutes = {
  login: {
    method: 'post',
    path: '/api/auth/login',
    tag: 'Session',
    summary: 'Sign in',
    access: 'public',
    body: loginSchema,
    answer: session,
    errors: ['invalid', 'unauthenticated', 'throttled'],
  },
  refresh: {
    method: 'post',
    path: '/api/auth/refresh',
    tag: 'Session',
    summary: 'Exchange a refresh token for new tokens; a token used twice ends its session',
    access: 'public',
    body: refreshSchema,
    answer: session,
    errors: ['invalid', 'unauthenticated', 'conflict'],
  },
  logout: {
    method: 'post',
    path: '/api/auth/logout',
    tag: 'Session',
    summary: "Sign out: the session's refresh tokens are revoked",
    access: 'public',
    body: refreshSchema,
    answer: done,
    errors: ['invalid'],
  },
  changePassword: {
    method: 'post',
    path: '/api/auth/password',
    tag: 'Session',
    summary: "Change one's own password",
    access: 'signedIn',
    body: changePasswordSchema,
    answer: accepted(200),
    errors: ['invalid', 'throttled'],
  },
  submitRequest: {
    method: 'post',
    path: '/api/requests',
    tag: 'Requests',
    summary: 'Submit a query, or upload a script',
    access: 'submit',
    body: submitQuerySchema,
    multipart: submitScriptSchema.extend({ script: z.string().meta({ format: 'binary' }) }),
    answer: accepted(201),
    errors: ['invalid', 'conflict', 'too_large', 'unsupported_media_type', 'unprocessable'],
  },
  approveRequest: action(
    'approve',
    'Approve exactly what was read, named by its hash',
    'The manager and deputies of the pod, never the requester, never an administrator.',
    approveSchema,
  ),
  rejectRequest: action(
    'reject',
    'Reject, with a reason',
    'The manager and deputies of the pod, and administrators.',
    rejectSchema,
  ),
  withdrawRequest: action('withdraw', "Take one's own request back", 'The requester.', emptyBodySchema),
  cancelRequest: action(
    'cancel',
    'Cancel what was approved, or stop it while it runs',
    'The requester, whoever approved it, and administrators.',
    emptyBodySchema,
  ),
  settleRequest: action(
    'settle',
    'Settle an unknown outcome, with a reason',
    'The manager and deputies of the pod and administrators, never the requester.',
    settleSchema,
  ),
  registerUser: administration(
    'post',
    '/api/users',
    'Users',
    'Register a user',
    'manageUsers',
    registerUserSchema,
  ),
  changeUser: administration(
    'patch',
    '/api/users/{id}',
    'Users',
    'Change a user',
    'manageUsers',
    changeUserSchema,
  ),
  createPod: administration('post', '/api/pods', 'Pods', 'Create a pod', 'managePods', createPodSchema),
  changePod: administration('patch', '/api/pods/{id}', 'Pods', 'Change a pod', 'managePods', changePodSchema),
  registerInstance: administration(
    'post',
    '/api/instances',
    'Instances',
    'Register an instance',
    'manageInstances',
    registerInstanceSchema,
  ),
  changeInstance: administration(
    'patch',
    '/api/instances/{id}',
    'Instances',
    'Change or retire an instance',
    'manageInstances',
    changeInstanceSchema,
  ),
  testInstance: {
    method: 'post',
    path: '/api/instances/{id}/test',
    tag: 'Instances',
    summary: 'Ask for a connection test; the outcome is in the list of instances',
    access: 'manageInstances',
    body: emptyBodySchema,
    answer: accepted(202),
    errors: ['not_found', 'conflict'],
  },
  readNotifications: {
    method: 'post',
    path: '/api/notifications/read',
    tag: 'Notifications',
    summary: 'Mark notifications as read, up to one of them',
    access: 'signedIn',
    body: readNotificationsSchema,
    answer: done,
    errors: ['invalid'],
  },
} as const satisfies Record<string, RouteDescription>

import type { Express, Request, RequestHandler } from 'express'
import { apiRoutes, maxQueryBytes } from '@sre-portal/contracts'
import { DomainError } from '@sre-portal/domain'
import { createApp } from '@sre-portal/platform/http/app'
import { gateEachPerson, isOfApi, personOfToken, whoAsksApi } from '@sre-portal/platform/http/personGate'
import { databaseTrouble } from '@sre-portal/platform/postgres'
import { missingKeyTroubles } from '@sre-portal/platform/storedSecrets'
import { authRoutes } from './auth/routes.ts'
import { createPasswords, type Passwords } from './auth/passwords.ts'
import { authenticate, signedIn } from './commanding.ts'
import type { Context } from './context.ts'
import { instanceRoutes } from './instances/routes.ts'
import { notificationRoutes } from './notifications.ts'
import { operationsRoutes } from './operations/routes.ts'
import { podRoutes } from './pods/routes.ts'
import { createSubmissionBounds, type SubmissionBounds } from './requests/bounds.ts'
import { requestRoutes } from './requests/routes.ts'
import { userRoutes } from './users/routes.ts'

// The longest reason, each of its characters escaped, and what stands beside it.
const maxBodyBytes = 16 * 1024
const bodyBytes = [
  { path: '/api/auth', below: true, maxBytes: 8 * 1024 },
  // A query's text may double in JSON; what is larger still is refused before it is read.
  { path: '/api/requests', below: false, maxBytes: 4 * maxQueryBytes },
  // A hundred names of databases.
  { path: '/api/instances', below: true, maxBytes: 96 * 1024 },
]

export function createCommandApp(
  context: Context,
  trustedProxyHops: number,
  passwords: Passwords = createPasswords(context.passwordCost),
  startUp: StartUp = { trouble: () => null },
): Express {
  const bounds = createSubmissionBounds(context)
  return createApp(
    {
      log: context.log,
      trustedProxyHops,
      maxBodyBytes,
      bodyBytes,
      personOf: whoAsksApi(context.jwtSecret),
      beforeBodies: [
        refuseUntilStarted(context, startUp),
        gateEachPerson(context.jwtSecret, context.share),
        ...signedInAndCounted(context, bounds),
      ],
      routes: apiRoutes,
      ready: () => readiness(context, startUp),
    },
    (app) => {
      app.use('/api/auth', authRoutes(context, passwords))
      app.use('/api/requests', requestRoutes(context, bounds))
      app.use('/api/users', userRoutes(context, passwords))
      app.use('/api/pods', podRoutes(context))
      app.use('/api/instances', instanceRoutes(context))
      app.use('/api/notifications', notificationRoutes(context))
      app.use('/api/operations', operationsRoutes(context))
    },
  )
}

/** What has to be done once before the service can work. */
export interface StartUp {
  /** null when it is done, else what is not. */
  trouble(): string | null
}

const directoryTrouble = ({ directory }: Context) =>
  directory.isComplete() ? null : 'pods and instances are not read from the event store yet'

const refuseUntilStarted =
  (context: Context, startUp: StartUp): RequestHandler =>
  (request, _response, next) => {
    if (!isOfApi(request)) return next()
    const trouble = directoryTrouble(context) ?? startUp.trouble()
    if (trouble !== null)
      throw new DomainError(
        'unavailable',
        `The service is starting: ${trouble}. Nothing was changed. Try again.`,
      )
    next()
  }

// Routes of /api/auth judge the token themselves, where there is one to judge.
function signedInOnly(context: Context): RequestHandler {
  const judge = authenticate(context)
  return (request, response, next) =>
    !isOfApi(request) || /^\/api\/auth\//i.test(request.path) ? next() : judge(request, response, next)
}

/** Submissions count before their body is read. Who has met the limit is told so before it is asked who that is now. */
function signedInAndCounted(context: Context, bounds: SubmissionBounds): RequestHandler[] {
  const isSubmission = (request: Request) =>
    request.method === 'POST' && /^\/api\/requests\/?$/i.test(request.path)
  return [
    (request, _response, next) => {
      const userId = isSubmission(request) ? personOfToken(request, context.jwtSecret) : null
      if (userId !== null) bounds.ensureMaySubmit(userId)
      next()
    },
    signedInOnly(context),
    async (request, response, next) => {
      if (isSubmission(request)) await bounds.countSubmission(signedIn(response).user.id)
      next()
    },
  ]
}

async function readiness(context: Context, startUp: StartUp) {
  const { store, pool, directory } = context
  const [storeTrouble, poolTrouble, missingSecrets] = await Promise.all([
    store.trouble(),
    databaseTrouble(pool),
    missingKeyTroubles(pool, context.keyRing),
  ])
  const troubles = [
    storeTrouble,
    poolTrouble,
    ...missingSecrets,
    directoryTrouble(context),
    startUp.trouble(),
  ]
  const reasons = troubles.filter((trouble) => trouble !== null)
  // A pod or an instance that can't be read answers 503 by itself; the rest works.
  return {
    ready: reasons.length === 0,
    reasons,
    facts: { unreadableStreams: Object.fromEntries(directory.unreadable()) },
  }
}

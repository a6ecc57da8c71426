import type { Express } from 'express'
import { maxQueryBytes } from '@sre-portal/contracts'
import { createApp } from '@sre-portal/platform/http/app'
import { databaseTrouble } from '@sre-portal/platform/postgres'
import { authRoutes } from './auth/routes.ts'
import { createPasswords, type Passwords } from './auth/passwords.ts'
import { authenticate } from './commanding.ts'
import type { Context } from './context.ts'
import { instanceRoutes } from './instances/routes.ts'
import { notificationRoutes } from './notifications.ts'
import { podRoutes } from './pods/routes.ts'
import { requestRoutes } from './requests/routes.ts'
import { userRoutes } from './users/routes.ts'

// A query's text may double in JSON; what is larger still is refused before it is read.
const maxBodyBytes = 4 * maxQueryBytes

export function createCommandApp(
  context: Context,
  trustedProxyHops: number,
  passwords: Passwords = createPasswords(context.passwordCost),
): Express {
  return createApp(
    { log: context.log, trustedProxyHops, maxBodyBytes, ready: () => readiness(context) },
    (app) => {
      app.use('/api/auth', authRoutes(context, passwords))
      app.use('/api', authenticate(context))
      app.use('/api/requests', requestRoutes(context))
      app.use('/api/users', userRoutes(context, passwords))
      app.use('/api/pods', podRoutes(context))
      app.use('/api/instances', instanceRoutes(context))
      app.use('/api/notifications', notificationRoutes(context))
    },
  )
}

async function readiness({ store, pool }: Context) {
  const troubles = await Promise.all([store.trouble(), databaseTrouble(pool)])
  const reasons = troubles.filter((trouble) => trouble !== null)
  return { ready: reasons.length === 0, reasons }
}

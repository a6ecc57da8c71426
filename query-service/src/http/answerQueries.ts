import type { Express, Request, Response } from 'express'
import { positionHeader } from '@sre-portal/contracts'
import { DomainError, ensure, mayUsePortal } from '@sre-portal/domain'
import type { z } from 'zod'
import type { Access } from '../api/description.ts'
import { queryRoutes } from '../api/queryRoutes.ts'
import { readMe } from '../auth/me.ts'
import { listSessions } from '../auth/sessions.ts'
import { listInstances } from '../admin/instances.ts'
import { listPods } from '../admin/pods.ts'
import { listUsers } from '../admin/users.ts'
import { listAudit } from '../audit/list.ts'
import { readDashboard } from '../dashboard/dashboard.ts'
import { listNotifications } from '../notifications/list.ts'
import { readOperations } from '../operations.ts'
import type { Projected } from '../projected.ts'
import type { Reader } from '../reader.ts'
import { readRequest } from '../requests/detail.ts'
import { readHistory } from '../requests/history.ts'
import { listRequests } from '../requests/list.ts'
import { readResult } from '../requests/result.ts'
import { readReviewQueue } from '../requests/reviewQueue.ts'
import type { Asked, Services } from './asked.ts'
import { currentReader, tokenSubject } from './authenticate.ts'
import { readQuery } from './queryParameters.ts'

type Routes = typeof queryRoutes
type Answers = {
  [R in keyof Routes]: (
    asked: Asked<z.output<Routes[R]['query']>>,
  ) => z.input<Routes[R]['answer']['schema']> | Promise<z.input<Routes[R]['answer']['schema']>>
}

/** What answers each described route: the compiler asks for those that are missing. */
const answers: Answers = {
  readMe,
  listSessions,
  listRequests,
  readRequest,
  readResult,
  readHistory,
  readReviewQueue,
  readDashboard,
  listNotifications,
  listAudit,
  listInstances,
  listPods,
  listUsers,
  readOperations,
}

export interface Answering {
  services: Services
  projected: Projected
  jwtSecret: string
  /** Longest wait for `minPosition`. */
  waitMs: number
}

/** Every route in the same order: token, query, position, the person as they are now, right of the role, answer. */
export function answerQueries(app: Express, answering: Answering): void {
  for (const operation of Object.keys(queryRoutes) as (keyof Routes)[]) {
    const { path, query: schema, access } = queryRoutes[operation]
    const answer = answers[operation] as (asked: Asked) => unknown
    app.get(path.replace('{id}', ':id'), async (request, response) => {
      const subject = tokenSubject(request, answering.jwtSecret)
      const query = readQuery<z.ZodObject>(schema, request)
      const isReached = await awaitPosition(answering, query['minPosition'])
      const reader = await currentReader(answering.services.readModel, subject)
      ensureAccess(access, reader)
      try {
        await respond(
          request,
          response,
          answering.services,
          { reader, sessionId: subject.sessionId, query },
          answer,
        )
      } catch (error) {
        throw isReached ? error : notThereYet(error)
      }
    })
  }
}

async function respond(
  request: Request,
  response: Response,
  services: Services,
  asker: { reader: Reader; sessionId: string; query: unknown },
  answer: (asked: Asked) => unknown,
): Promise<void> {
  const position = String(await services.readModel.position())
  const id = typeof request.params['id'] === 'string' ? request.params['id'] : ''
  const body = await answer({ ...asker, id, position, request, services })
  response.set(positionHeader, position).json(body)
}

/** False when the position was not reached in time. */
async function awaitPosition({ projected, waitMs }: Answering, minPosition: unknown): Promise<boolean> {
  return typeof minPosition !== 'string' || (await projected.waitFor(BigInt(minPosition), waitMs))
}

/** What is missing from read models that are behind may be there all the same. */
function notThereYet(error: unknown): unknown {
  return error instanceof DomainError && error.code === 'not_found'
    ? new DomainError('unavailable', 'The read models are behind, so this can not be said yet. Try again.')
    : error
}

/** @throws DomainError `forbidden` for a role that may never do this */
function ensureAccess(access: Access, reader: Reader): void {
  if (access !== 'public' && access !== 'signedIn') ensure(mayUsePortal(reader, access))
}

import type { RequestAction } from '@sre-portal/contracts'
import type { commandRoutes } from '@sre-portal/query-service/api/commandRoutes'

/** Sends no token; one of an administrator that is forged, or expired; one of an administrator who was deactivated, who has signed out. */
export const strangers = ['nobody', 'forged', 'expired', 'gone', 'out'] as const

/**
 * Dana and Emil are developers; Grace manages Payments, Pavel is her deputy; Otto manages Search, Lea is his deputy; Ada is an administrator.
 */
export const commanders = ['dana', 'emil', 'grace', 'pavel', 'otto', 'lea', 'ada'] as const
export type Commander = (typeof strangers)[number] | (typeof commanders)[number]
type Row = Record<Commander, number>

const row = (stranger: number, signedIn: number, manager: number, admin: number): Row => ({
  ...{ nobody: stranger, forged: stranger, expired: stranger, gone: stranger, out: stranger },
  ...{ dana: signedIn, emil: signedIn },
  ...{ grace: manager, pavel: manager, otto: manager, lea: manager, ada: admin },
})
/** Sent with a body that no route takes, 400 says: may, were it not for the body. */
const everybody = row(400, 400, 400, 400)
const signedIn = row(401, 400, 400, 400)
const administrators = row(401, 403, 403, 400)
const onRequests = 'by request' as const

type Operation = keyof typeof commandRoutes

/** By role alone. A command that is not in this table does not compile. */
export const commandsByRole: Record<Operation, Row | typeof onRequests> = {
  login: everybody,
  refresh: everybody,
  logout: everybody,
  endSession: signedIn,
  changePassword: signedIn,
  submitRequest: signedIn,
  approveRequest: onRequests,
  rejectRequest: onRequests,
  withdrawRequest: onRequests,
  cancelRequest: onRequests,
  settleRequest: onRequests,
  registerUser: administrators,
  changeUser: administrators,
  confirmUser: administrators,
  createPod: administrators,
  changePod: administrators,
  registerInstance: administrators,
  changeInstance: administrators,
  testInstance: administrators,
  replayParked: administrators,
  readNotifications: signedIn,
}

/** Statuses in the order of `commanders`; no stranger is let in. */
const those = (...statuses: [number, number, number, number, number, number, number]): Row => {
  const [dana, emil, grace, pavel, otto, lea, ada] = statuses
  return { ...row(401, 0, 0, 0), dana, emil, grace, pavel, otto, lea, ada }
}
export const commandedRequests = [
  'Dana’s in Payments',
  'Grace’s in Payments',
  'Otto’s in Search',
  'no',
] as const
export type CommandedRequest = (typeof commandedRequests)[number]

/** By how a person stands to a request, in a status in which the action is possible. */
export const commandsOnRequests: Record<RequestAction, Record<CommandedRequest, Row>> = {
  //                    dana emil grace pavel otto lea ada
  approve: {
    'Dana’s in Payments': those(403, 403, 200, 200, 404, 404, 403),
    'Grace’s in Payments': those(403, 403, 403, 200, 404, 404, 403),
    'Otto’s in Search': those(403, 403, 404, 404, 403, 200, 403),
    no: those(403, 403, 404, 404, 404, 404, 403),
  },
  reject: {
    'Dana’s in Payments': those(403, 403, 200, 200, 404, 404, 200),
    'Grace’s in Payments': those(403, 403, 200, 200, 404, 404, 200),
    'Otto’s in Search': those(403, 403, 404, 404, 200, 200, 200),
    no: those(403, 403, 404, 404, 404, 404, 404),
  },
  withdraw: {
    'Dana’s in Payments': those(200, 404, 403, 403, 404, 404, 403),
    'Grace’s in Payments': those(404, 404, 200, 403, 404, 404, 403),
    'Otto’s in Search': those(404, 404, 404, 404, 200, 403, 403),
    no: those(404, 404, 404, 404, 404, 404, 404),
  },
  cancel: {
    'Dana’s in Payments': those(200, 404, 403, 200, 404, 404, 200),
    'Grace’s in Payments': those(404, 404, 200, 200, 404, 404, 200),
    'Otto’s in Search': those(404, 404, 404, 404, 200, 200, 200),
    no: those(404, 404, 404, 404, 404, 404, 404),
  },
  settle: {
    'Dana’s in Payments': those(403, 403, 200, 200, 404, 404, 200),
    'Grace’s in Payments': those(403, 403, 403, 200, 404, 404, 200),
    'Otto’s in Search': those(403, 403, 404, 404, 403, 200, 200),
    no: those(403, 403, 404, 404, 404, 404, 404),
  },
}

/** Every row, by the operation of the API that it is about. */
export const commandRows: Record<Operation, Row[]> = {
  ...(Object.fromEntries(
    Object.entries(commandsByRole).map(([operation, one]) => [operation, one === onRequests ? [] : [one]]),
  ) as Record<Operation, Row[]>),
  approveRequest: Object.values(commandsOnRequests.approve),
  rejectRequest: Object.values(commandsOnRequests.reject),
  withdrawRequest: Object.values(commandsOnRequests.withdraw),
  cancelRequest: Object.values(commandsOnRequests.cancel),
  settleRequest: Object.values(commandsOnRequests.settle),
}

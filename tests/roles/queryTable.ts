import type { otherQueryRoutes, queryRoutes } from '@sre-portal/query-service/api/queryRoutes'
import type { strangers } from './commandTable.ts'

/**
 * Dana and Omar are developers; Grace manages Payments, Miguel is her deputy; Noor manages Search, Lea is her deputy; Ada is an administrator.
 */
export const readers = ['dana', 'omar', 'grace', 'miguel', 'noor', 'lea', 'ada'] as const
export type Reader = (typeof strangers)[number] | (typeof readers)[number]
export type ReaderRow = Record<Reader, number>

const those = (
  stranger: number,
  ...statuses: [number, number, number, number, number, number, number]
): ReaderRow => {
  const [dana, omar, grace, miguel, noor, lea, ada] = statuses
  return {
    ...{ nobody: stranger, forged: stranger, expired: stranger, gone: stranger, out: stranger },
    ...{ dana, omar, grace, miguel, noor, lea, ada },
  }
}
const everybody = those(200, 200, 200, 200, 200, 200, 200, 200)
const signedIn = those(401, 200, 200, 200, 200, 200, 200, 200)
const administrators = those(401, 403, 403, 403, 403, 403, 403, 200)

export const readRequests = ['Dana’s in Payments', 'Grace’s in Payments', 'Omar’s in Search', 'no'] as const
export type ReadRequest = (typeof readRequests)[number]

/** Everything about a request is for whoever may view it; to others it does not exist. All of these were executed, with a result. */
const visible: Record<ReadRequest, ReaderRow> = {
  //                              dana omar grace miguel noor lea ada
  'Dana’s in Payments': those(401, 200, 404, 200, 200, 404, 404, 200),
  'Grace’s in Payments': those(401, 404, 404, 200, 200, 404, 404, 200),
  'Omar’s in Search': those(401, 404, 200, 404, 404, 200, 200, 200),
  no: those(401, 404, 404, 404, 404, 404, 404, 404),
}

type Operation = keyof typeof queryRoutes | keyof typeof otherQueryRoutes

/** A question that is not in this table does not compile. */
export const queryTable: Record<Operation, ReaderRow | Record<ReadRequest, ReaderRow>> = {
  readMe: signedIn,
  listSessions: signedIn,
  listRequests: signedIn,
  readRequest: visible,
  readResult: visible,
  readHistory: visible,
  readReviewQueue: signedIn,
  readDashboard: signedIn,
  listNotifications: signedIn,
  listAudit: administrators,
  listInstances: signedIn,
  listPods: signedIn,
  listUsers: administrators,
  readOperations: administrators,
  openStream: signedIn,
  readScriptApi: signedIn,
  // Everybody's in the demonstration only.
  readOpenApi: signedIn,
  readDocs: signedIn,
  readDocsStyle: everybody,
}

/** The rows of a question, with the request that each is about, where it is about one. */
export const queryRows = (operation: Operation): { what: ReadRequest | null; row: ReaderRow }[] => {
  const entry = queryTable[operation]
  return 'nobody' in entry
    ? [{ what: null, row: entry }]
    : readRequests.map((what) => ({ what, row: entry[what] }))
}

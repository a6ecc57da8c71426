import { zodToOpenAPIRegistry } from '@asteasolutions/zod-to-openapi'
import {
  acceptedSchema,
  auditEntrySchema,
  auditListSchema,
  columnSchema,
  dashboardSchema,
  executionErrorSchema,
  executionLimitsSchema,
  executionSchema,
  faultSchema,
  historySchema,
  historyStepSchema,
  instanceListSchema,
  instanceRowSchema,
  logLineSchema,
  notificationListSchema,
  notificationSchema,
  personSchema,
  podListSchema,
  podRowSchema,
  problemSchema,
  requestDetailSchema,
  requestListSchema,
  requestRowSchema,
  resultHeadSchema,
  resultPageSchema,
  sessionListSchema,
  sessionRowSchema,
  sessionSchema,
  sessionUserSchema,
  statementHeadSchema,
  targetSchema,
  userListSchema,
  userRowSchema,
} from '@sre-portal/contracts'
import type { z } from 'zod'

/**
 * Schemas that the document names; all others stand where they are used. Parts come before what holds them: the generator makes a
 * component at its first use, and one first met where it may be null would be null everywhere.
 */
const components: Record<string, z.ZodObject> = {
  Fault: faultSchema,
  Problem: problemSchema,
  Accepted: acceptedSchema,
  Person: personSchema,
  Target: targetSchema,
  SessionUser: sessionUserSchema,
  Session: sessionSchema,
  SessionRow: sessionRowSchema,
  SessionList: sessionListSchema,
  ExecutionLimits: executionLimitsSchema,
  ExecutionError: executionErrorSchema,
  Execution: executionSchema,
  RequestRow: requestRowSchema,
  RequestList: requestListSchema,
  RequestDetail: requestDetailSchema,
  Column: columnSchema,
  StatementHead: statementHeadSchema,
  LogLine: logLineSchema,
  ResultHead: resultHeadSchema,
  ResultPage: resultPageSchema,
  HistoryStep: historyStepSchema,
  History: historySchema,
  Dashboard: dashboardSchema,
  Notification: notificationSchema,
  NotificationList: notificationListSchema,
  AuditEntry: auditEntrySchema,
  AuditList: auditListSchema,
  InstanceRow: instanceRowSchema,
  InstanceList: instanceListSchema,
  PodRow: podRowSchema,
  PodList: podListSchema,
  UserRow: userRowSchema,
  UserList: userListSchema,
}

/** The named schemas, for the generator. */
export const componentDefinitions = () =>
  Object.entries(components).map(([name, schema]) => {
    if (!zodToOpenAPIRegistry.has(schema)) zodToOpenAPIRegistry.add(schema, { _internal: { refId: name } })
    return { type: 'schema' as const, schema }
  })

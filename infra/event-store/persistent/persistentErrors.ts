import { GrpcError, statusCode, type StatusCode } from '../transport/grpcStatus.ts'
import type { GroupKey } from './groupKey.ts'

export function doesNotExist(key: GroupKey): GrpcError {
  return persistentError(
    statusCode.notFound,
    'persistent-subscription-does-not-exist',
    key,
    `Subscription group ${key.group} on stream ${key.source} does not exist.`,
  )
}

export function alreadyExists(key: GroupKey): GrpcError {
  return persistentError(
    statusCode.alreadyExists,
    'persistent-subscription-exists',
    key,
    `Subscription group ${key.group} on stream ${key.source} exists.`,
  )
}

export function failed(key: GroupKey, reason: string): GrpcError {
  return persistentError(
    statusCode.internal,
    'persistent-subscription-failed',
    key,
    `Subscription group ${key.group} on stream ${key.source} failed: '${reason}'`,
    { reason },
  )
}

export function maximumSubscribersReached(key: GroupKey): GrpcError {
  return persistentError(
    statusCode.failedPrecondition,
    'maximum-subscribers-reached',
    key,
    `Maximum subscriptions reached for subscription group ${key.group} on stream ${key.source}.`,
  )
}

export function dropped(key: GroupKey): GrpcError {
  return persistentError(
    statusCode.cancelled,
    'persistent-subscription-dropped',
    key,
    `Subscription group ${key.group} on stream ${key.source} was dropped.`,
  )
}

function persistentError(
  code: StatusCode,
  exception: string,
  { source, group }: GroupKey,
  text: string,
  more: Record<string, string> = {},
): GrpcError {
  return new GrpcError(code, text, { exception, 'stream-name': source, 'group-name': group, ...more })
}

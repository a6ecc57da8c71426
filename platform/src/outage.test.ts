import {
  AccessDeniedError,
  CancelledError,
  DeadlineExceededError,
  StreamDeletedError,
  TimeoutError,
  UnavailableError,
  UnknownError,
} from '@eventstore/db-client'
import { describe, expect, it } from 'vitest'
import { isOutage, NoAnswerInTime } from './outage.ts'

const coded = (message: string, code: number | string) => Object.assign(new Error(message), { code })

describe('an outage', () => {
  it.each([
    ['a discovery that found no node', new Error('Failed to discover after 10 attempts.')],
    [
      'the transport error of the question for features',
      coded('14 UNAVAILABLE: No connection established.', 14),
    ],
    ['a deadline of the transport', coded('4 DEADLINE_EXCEEDED: Deadline exceeded', 4)],
    ['a login that the transport refused', coded('16 UNAUTHENTICATED', 16)],
    ['a node without a leader, plain', new UnavailableError()],
    [
      'a node without a leader, in an append',
      new UnknownError(undefined, 'Could not recognize Server Is Not Ready'),
    ],
    ['a node that is too busy', new UnknownError(undefined, 'Could not recognize Server Is Too Busy')],
    ['a node that gave up waiting for its commit', new DeadlineExceededError()],
    ['the same in a plain append', new TimeoutError()],
    ['a call that the server cancelled', new CancelledError()],
    ['a refused login', new AccessDeniedError()],
    ['our own patience', new NoAnswerInTime('The event store', 1000)],
    ['a refused connection', coded('connect ECONNREFUSED 127.0.0.1:1', 'ECONNREFUSED')],
    [
      'a name of two addresses, both refused',
      new AggregateError([coded('a', 'ECONNREFUSED'), coded('b', 'ECONNREFUSED')]),
    ],
    ['a PostgreSQL that shuts down', coded('terminating connection', '57P01')],
    ['a PostgreSQL whose disk is full', coded('could not extend file', '53100')],
    ['a PostgreSQL without memory', coded('out of memory', '53200')],
  ])('is %s', (_, error) => expect(isOutage(error)).toBe(true))

  it.each([
    ['a fault of our own', new TypeError('x is not a function')],
    ['a stream that is gone for ever', StreamDeletedError.fromStreamName('user-1')],
    ['an error of the store that nobody knows', new UnknownError(undefined, 'Could not recognize Bad Thing')],
    ['a row that is refused', coded('duplicate key', '23505')],
    ['a bad argument', coded('3 INVALID_ARGUMENT', 3)],
    ['no error at all', { code: 14 }],
  ])('is not %s', (_, error) => expect(isOutage(error)).toBe(false))
})

import { v5 as uuidV5 } from 'uuid'
import type { CommandFingerprint, DomainEvent, EventMetadata } from '@sre-portal/contracts'
import { DomainError } from '@sre-portal/domain'
import type { StoredEvent } from './eventCodec.ts'
import type { EventStore } from './eventStore.ts'

// A namespace of our own for name-based ids (RFC 9562, version 5).
const idNamespace = '6f4b5a0e-5c39-4d0e-9a51-0e9a3c7d2f18'
const mostAttempts = 10

/** An id that depends only on its parts: the same parts give the same id on every machine and at every retry. */
export const derivedId = (...parts: string[]): string => uuidV5(JSON.stringify(parts), idNamespace)

/** What a command did: nothing is appended when the rules ask for nothing, and then `revision` is the current one. */
export interface Handled {
  revision: number
  position: bigint
  /** True when this call appended the events; false for an answer that was given before, and when there was nothing to do. */
  appended: boolean
}

/** A command on one stream: `decide` is asked on the state as it is, again after each conflict. */
export interface StreamCommand<S, E extends DomainEvent> {
  stream: string
  load(): Promise<{ state: S | null; revision: number; events: StoredEvent<E>[] }>
  decide(state: S | null): E[] | Promise<E[]>
  /** Rights: asked before an earlier answer is given again. @throws DomainError */
  ensureAllowed?(state: S | null): void | Promise<void>
  metadata: EventMetadata
  /** Makes the command safe to send twice: the same key on the same stream appends once. */
  key: string
}

/**
 * Read, fold, decide, append at the revision read. A conflict is decided again on the new state, never written blindly;
 * a command whose events are already in the stream answers as it did the first time, as long as it is the same command.
 * @throws DomainError from `decide` and `ensureAllowed`, `unprocessable` for the key of another command, or `conflict` when others keep writing
 */
export async function handleCommand<S, E extends DomainEvent>(
  store: EventStore,
  command: StreamCommand<S, E>,
): Promise<Handled> {
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    const { state, revision, events: history } = await command.load()
    await command.ensureAllowed?.(state)
    const before = earlierAnswer(history, command)
    if (before) return before
    const events = await command.decide(state)
    if (events.length === 0) return { revision, position: history.at(-1)?.position ?? 0n, appended: false }
    const outcome = await store.append(
      command.stream,
      events.map((event, index) => ({ id: eventId(command, index), event, metadata: command.metadata })),
      revision,
    )
    if (outcome.appended) return outcome
  }
  throw new DomainError(
    'conflict',
    'Others are changing this at the same time; nothing was changed. Try again.',
  )
}

/** The id that an event of a command has at every attempt: by the command's stream and key, and its place among the command's events. */
export const eventId = (command: { stream: string; key: string }, index: number) =>
  derivedId(command.stream, command.key, String(index))

function earlierAnswer(
  history: readonly Pick<StoredEvent, 'id' | 'revision' | 'position' | 'metadata'>[],
  command: { stream: string; key: string; metadata: EventMetadata },
): Handled | null {
  const first = history.findIndex((event) => event.id === eventId(command, 0))
  if (first < 0) return null
  ensureSameCommand(history[first]?.metadata.command, command.metadata.command)
  let last = first
  while (history[last + 1]?.id === eventId(command, last + 1 - first)) last++
  const event = history[last]
  return event ? { revision: event.revision, position: event.position, appended: false } : null
}

/** Events of earlier versions say nothing of their command: they are answered as they were then. */
function ensureSameCommand(
  before: CommandFingerprint | undefined,
  now: CommandFingerprint | undefined,
): void {
  if (!before || !now || fingerprintText(before) === fingerprintText(now)) return
  throw usedKey(before)
}

/** A fingerprint as one text, to be kept and compared. */
export const fingerprintText = ({ method, path, bodyDigest }: CommandFingerprint): string =>
  `${method} ${path} ${bodyDigest}`

/** The refusal of a key that another command has used (draft-ietf-httpapi-idempotency-key-header, 2.7). */
export const usedKey = ({ method, path }: Pick<CommandFingerprint, 'method' | 'path'>): DomainError =>
  new DomainError(
    'unprocessable',
    `This Idempotency-Key was used for another command (${method} ${path}); nothing was changed. Send a new key with a new command.`,
  )

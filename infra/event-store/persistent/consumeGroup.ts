import type { ServerContext } from '../serverContext.ts'
import { invalidArgument } from '../streams/streamErrors.ts'
import type { GrpcCall } from '../transport/grpcCall.ts'
import { method, persistentService } from '../wire/definitions.ts'
import type { StreamIdentifier } from '../wire/messages.ts'
import { ProtoReader } from '../wire/protoReader.ts'
import { readUuid } from '../wire/uuid.ts'
import type { Consumer } from './consumer.ts'
import type { NackAction, PersistentGroup } from './group.ts'
import { groupKeyOf } from './groupRequests.ts'
import { keyText } from './groupKey.ts'
import type { GroupRegistry } from './registry.ts'

const codec = method<{ options?: ConsumeOptions }, object>(persistentService, 'Read')

export const consumePath = codec.path

interface ConsumeOptions {
  streamOption?: 'streamIdentifier' | 'all'
  streamIdentifier?: StreamIdentifier
  groupName: string
  bufferSize: number
  uuidOption: { content?: 'structured' | 'string' } | null
}

interface Membership {
  group: PersistentGroup
  consumer: Consumer
}

/** The call of one consumer: first its options, then its answers to what it is sent. */
export function handleConsume({ access }: ServerContext, registry: GroupRegistry, call: GrpcCall): void {
  const caller = access.identify(call.headers)
  let membership: Membership | undefined
  call.receive(
    (message) => {
      const reader = new ProtoReader(message)
      for (let field = reader.nextField(); field !== 0; field = reader.nextField()) {
        if (field === 1) {
          reader.skip()
          void join(codec.decode(message).options)
        } else if (field === 2 && membership) acknowledge(membership, reader.message())
        else if (field === 3 && membership) refuse(membership, reader.message())
        else reader.skip()
      }
    },
    () => call.finish(),
  )

  async function join(options: ConsumeOptions | undefined): Promise<void> {
    try {
      if (!options) throw invalidArgument('The options are missing')
      const key = groupKeyOf(options)
      access.requireUser(caller)
      await access.requireStream(caller, 'read', key.source)
      const group = registry.get(key)
      const connectionName = call.headers['connection-name']
      const consumer = group.join({
        call,
        slots: Math.max(1, options.bufferSize),
        structuredIds: options.uuidOption?.content === 'structured',
        userName: caller.name,
        connectionName: typeof connectionName === 'string' ? connectionName : '<unknown>',
      })
      membership = { group, consumer }
      call.send(codec.encode({ subscriptionConfirmation: { subscriptionId: keyText(key) } }))
    } catch (error) {
      call.fail(error)
    }
  }
}

const actions: readonly NackAction[] = ['retry', 'park', 'retry', 'skip', 'skip']

function acknowledge({ group, consumer }: Membership, reader: ProtoReader): void {
  const ids: Buffer[] = []
  for (let field = reader.nextField(); field !== 0; field = reader.nextField()) {
    if (field === 2) addId(ids, reader)
    else reader.skip()
  }
  group.acknowledge(consumer, ids)
}

function refuse({ group, consumer }: Membership, reader: ProtoReader): void {
  const ids: Buffer[] = []
  let action: NackAction = 'retry'
  let reason = ''
  for (let field = reader.nextField(); field !== 0; field = reader.nextField()) {
    if (field === 2) addId(ids, reader)
    else if (field === 3) action = actions[reader.varint()] ?? 'retry'
    else if (field === 4) reason = reader.text()
    else reader.skip()
  }
  group.refuse(consumer, ids, action, reason)
}

function addId(ids: Buffer[], reader: ProtoReader): void {
  const id = readUuid(reader.message())
  if (id) ids.push(id)
}

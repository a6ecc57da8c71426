import { fileURLToPath } from 'node:url'
import { loadSync, type MessageTypeDefinition, type MethodDefinition } from '@grpc/proto-loader'

const definitions = loadSync(
  [
    'shared.proto',
    'status.proto',
    'streams.proto',
    'persistent.proto',
    'serverFeatures.proto',
    'gossip.proto',
  ],
  {
    includeDirs: [fileURLToPath(new URL('../proto', import.meta.url))],
    longs: String,
    oneofs: true,
    defaults: true,
  },
)

export const streamsService = 'event_store.client.streams.Streams'
export const persistentService = 'event_store.client.persistent_subscriptions.PersistentSubscriptions'
export const serverFeaturesService = 'event_store.client.server_features.ServerFeatures'
export const gossipService = 'event_store.client.gossip.Gossip'

export interface Method<Request, Response> {
  path: string
  decode: (message: Buffer) => Request
  encode: (response: Response) => Buffer
}

/** The codec of one method; the caller states the types that the .proto files give it. */
export function method<Request extends object, Response extends object>(
  serviceName: string,
  methodName: string,
): Method<Request, Response> {
  const service = definitions[serviceName]
  const definition = service && !('format' in service) ? service[methodName] : undefined
  if (!definition) throw new Error(`${serviceName}/${methodName} is in none of the .proto files`)
  const typed = definition as unknown as MethodDefinition<Request, Response>
  return { path: typed.path, decode: typed.requestDeserialize, encode: typed.responseSerialize }
}

export function encodeMessage(typeName: string, value: object): Buffer {
  const definition = definitions[typeName]
  if (!definition || !('serialize' in definition))
    throw new Error(`${typeName} is in none of the .proto files`)
  return (definition as MessageTypeDefinition<object, object>).serialize(value)
}

export function decodeMessage<T extends object>(typeName: string, bytes: Buffer): T {
  const definition = definitions[typeName]
  if (!definition || !('deserialize' in definition))
    throw new Error(`${typeName} is in none of the .proto files`)
  return (definition as unknown as MessageTypeDefinition<T, T>).deserialize(bytes)
}

import type { GrpcCall } from './transport/grpcCall.ts'
import { handleUnary } from './transport/unary.ts'
import {
  gossipService,
  method,
  persistentService,
  serverFeaturesService,
  streamsService,
} from './wire/definitions.ts'

/** The version whose behaviour this server follows; clients choose what they dare to ask by it. */
export const emulatedVersion = '24.10.0'

const codec = method<object, object>(serverFeaturesService, 'GetSupportedMethods')

export const supportedMethodsPath = codec.path

const persistentFeatures = ['stream', 'all']

const features: Record<string, Record<string, readonly string[]>> = {
  [streamsService]: {
    Read: ['position', 'events'],
    Append: [],
    Delete: [],
    Tombstone: [],
    BatchAppend: ['deadline_duration'],
  },
  [persistentService]: {
    Create: persistentFeatures,
    Update: persistentFeatures,
    Delete: persistentFeatures,
    Read: persistentFeatures,
    GetInfo: persistentFeatures,
    ReplayParked: persistentFeatures,
    List: persistentFeatures,
    RestartSubsystem: persistentFeatures,
  },
  [serverFeaturesService]: { GetSupportedMethods: [] },
  [gossipService]: { Read: [] },
}

const methods = Object.entries(features).flatMap(([serviceName, byMethod]) =>
  Object.entries(byMethod).map(([methodName, methodFeatures]) => ({
    serviceName: serviceName.toLowerCase(),
    methodName: methodName.toLowerCase(),
    features: methodFeatures,
  })),
)

export function handleSupportedMethods(call: GrpcCall): void {
  handleUnary(call, codec, () => Promise.resolve({ methods, eventStoreServerVersion: emulatedVersion }))
}

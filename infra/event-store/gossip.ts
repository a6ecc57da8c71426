import type { GrpcCall } from './transport/grpcCall.ts'
import { handleUnary } from './transport/unary.ts'
import { gossipService, method } from './wire/definitions.ts'

const codec = method<object, object>(gossipService, 'Read')
const instanceId = '6d1f1c3e-0c4b-4c7b-9f0a-6b2f6a1a2d10'

export const gossipPath = codec.path

/** A cluster of one, which leads itself; the client dials the address that is advertised here. */
export function handleGossip(call: GrpcCall, advertised: () => { host: string; port: number }): void {
  handleUnary(call, codec, () => {
    const { host, port } = advertised()
    return Promise.resolve({
      members: [
        {
          instanceId: { string: instanceId },
          timeStamp: `${Date.now()}0000`,
          state: 'Leader',
          isAlive: true,
          httpEndPoint: { address: host, port },
        },
      ],
    })
  })
}

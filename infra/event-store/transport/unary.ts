import type { Method } from '../wire/definitions.ts'
import type { GrpcCall } from './grpcCall.ts'

/** Runs a call of one request and one response. */
export function handleUnary<Request, Response>(
  call: GrpcCall,
  codec: Method<Request, Response>,
  answer: (request: Request) => Promise<Response>,
): void {
  let request: Request | undefined
  call.receive(
    (message) => {
      request = codec.decode(message)
    },
    () => {
      answer(request ?? codec.decode(Buffer.alloc(0)))
        .then((response) => {
          call.send(codec.encode(response))
          call.finish()
        })
        .catch((error: unknown) => call.fail(error))
    },
  )
}

import {
  connect,
  constants,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
} from 'node:http2'
import { frameMessage, MessageSplitter } from '@sre-portal/infra/event-store/transport/messageFraming.ts'
import { encodeMessage, method, streamsService } from '@sre-portal/infra/event-store/wire/definitions.ts'

const largestMessageBytes = 17 * 1024 * 1024

/**
 * Follows $all from its start over plain HTTP/2 and only counts the messages that come: a client of gRPC takes several times
 * as long for each as the server does, and would be what is measured.
 */
export class Follower {
  received = 0
  error: Error | undefined
  private readonly stream: ClientHttp2Stream

  constructor(session: ClientHttp2Session) {
    this.stream = session.request({
      ':method': 'POST',
      ':path': method(streamsService, 'Read').path,
      'content-type': 'application/grpc+proto',
      te: 'trailers',
    })
    const splitter = new MessageSplitter(largestMessageBytes, () => (this.received += 1))
    this.stream.on('data', (chunk: Buffer) => splitter.push(chunk))
    this.stream.on('error', (error: Error) => (this.error ??= error))
    this.stream.on('trailers', (trailers: IncomingHttpHeaders) => {
      this.error ??= new Error(
        `status ${String(trailers['grpc-status'])}: ${String(trailers['grpc-message'])}`,
      )
    })
    this.stream.on('close', () => (this.error ??= new Error('The call ended without a status.')))
    this.stream.end(
      frameMessage(
        encodeMessage('event_store.client.streams.ReadReq', {
          options: { all: { start: {} }, subscription: {}, noFilter: {}, uuidOption: { string: {} } },
        }),
      ),
    )
  }

  end(): void {
    this.stream.close(constants.NGHTTP2_CANCEL)
  }
}

export function connectPlainly(address: string): ClientHttp2Session {
  const session = connect(address)
  // What goes wrong with it, each of its calls tells.
  session.on('error', () => undefined)
  return session
}

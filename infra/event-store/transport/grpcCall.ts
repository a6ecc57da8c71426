import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import {
  encodeStatusMessage,
  encodeTrailerValue,
  GrpcError,
  statusCode,
  type StatusCode,
} from './grpcStatus.ts'
import { frameMessage, MessageSplitter } from './messageFraming.ts'

const maxRequestMessageBytes = 17 * 1024 * 1024

/** One gRPC call on an HTTP/2 stream: messages in, messages out, and exactly one status at the end. */
export class GrpcCall {
  readonly headers: IncomingHttpHeaders
  readonly peer: string
  private readonly stream: ServerHttp2Stream
  private readonly endListeners: (() => void)[] = []
  private readonly drainListeners: (() => void)[] = []
  private pending: Buffer[] = []
  private flushScheduled = false
  private finished = false
  private deadlineTimer: NodeJS.Timeout | undefined

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders) {
    this.stream = stream
    this.headers = headers
    const socket = stream.session?.socket
    this.peer = socket ? `${socket.remoteAddress ?? ''}:${socket.remotePort ?? ''}` : ''
    stream.on('close', () => this.conclude())
    stream.on('aborted', () => this.conclude())
    stream.on('error', () => this.conclude())
    stream.on('drain', () => {
      for (const listener of this.drainListeners) listener()
    })
    this.startDeadline()
  }

  get ended(): boolean {
    return this.finished
  }

  /** True while the peer takes what is written; false asks the producer to wait for `onDrain`. */
  get writable(): boolean {
    return !this.stream.writableNeedDrain
  }

  onEnded(listener: () => void): void {
    if (this.finished) listener()
    else this.endListeners.push(listener)
  }

  onDrain(listener: () => void): void {
    this.drainListeners.push(listener)
  }

  /** `onTooLarge` is given the first bytes of a message beyond the limit; without it such a message ends the call. */
  receive(
    onMessage: (message: Buffer) => void,
    onHalfClose: () => void,
    onTooLarge?: (head: Buffer) => void,
  ): void {
    const splitter = new MessageSplitter(maxRequestMessageBytes, onMessage, onTooLarge)
    this.stream.on('data', (chunk: Buffer) => {
      if (this.finished) return
      try {
        splitter.push(chunk)
      } catch (error) {
        this.fail(error)
      }
    })
    this.stream.on('end', () => {
      if (!this.finished) onHalfClose()
    })
  }

  pauseReceiving(): void {
    this.stream.pause()
  }

  resumeReceiving(): void {
    this.stream.resume()
  }

  /** Sends one message; messages of the same turn of the event loop leave in one write. */
  send(message: Uint8Array): void {
    if (this.finished) return
    this.pending.push(frameMessage(message))
    if (this.flushScheduled) return
    this.flushScheduled = true
    queueMicrotask(() => this.flush())
  }

  /** Sends bytes that already are framed messages, after everything sent before. */
  sendFrames(frames: Buffer): void {
    if (this.finished) return
    this.flush()
    this.open()
    this.stream.write(frames)
  }

  finish(): void {
    this.end(statusCode.ok, '', {})
  }

  fail(error: unknown): void {
    if (error instanceof GrpcError) this.end(error.code, error.message, error.trailers)
    else this.end(statusCode.unknown, error instanceof Error ? error.message : String(error), {})
  }

  private end(code: StatusCode, details: string, trailers: Readonly<Record<string, string>>): void {
    if (this.finished) return
    this.flush()
    const status: Record<string, string> = { 'grpc-status': String(code) }
    if (details !== '') status['grpc-message'] = encodeStatusMessage(details)
    for (const [name, value] of Object.entries(trailers)) status[name] = encodeTrailerValue(value)
    if (this.stream.headersSent) {
      this.stream.on('wantTrailers', () => this.stream.sendTrailers(status))
      this.stream.end()
    } else if (!this.stream.destroyed) {
      this.stream.respond(
        { ':status': 200, 'content-type': 'application/grpc+proto', ...status },
        { endStream: true },
      )
    }
    this.stream.resume()
    this.conclude()
  }

  private open(): void {
    if (this.stream.headersSent) return
    this.stream.respond(
      { ':status': 200, 'content-type': 'application/grpc+proto' },
      { waitForTrailers: true },
    )
  }

  private flush(): void {
    this.flushScheduled = false
    const frames = this.pending
    if (frames.length === 0 || this.finished) return
    this.pending = []
    this.open()
    this.stream.write(frames.length === 1 ? frames[0] : Buffer.concat(frames))
  }

  private conclude(): void {
    if (this.finished) return
    this.finished = true
    clearTimeout(this.deadlineTimer)
    for (const listener of this.endListeners) listener()
  }

  private startDeadline(): void {
    const timeoutMs = parseTimeoutMs(this.headers['grpc-timeout'])
    if (timeoutMs === undefined) return
    this.deadlineTimer = setTimeout(
      () => this.fail(new GrpcError(statusCode.deadlineExceeded, 'Deadline exceeded')),
      Math.min(timeoutMs, 0x7fffffff),
    )
  }
}

const unitMs: Record<string, number> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 }

export function parseTimeoutMs(header: string | string[] | undefined): number | undefined {
  const match = typeof header === 'string' ? /^(\d{1,8})([HMSmun])$/.exec(header) : null
  if (!match) return undefined
  return Number(match[1]) * (unitMs[match[2] ?? ''] ?? 1)
}

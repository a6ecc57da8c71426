import { randomUUID } from 'node:crypto'
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js'
import {
  decodeMessage,
  encodeMessage,
  method,
  persistentService,
  serverFeaturesService,
  streamsService,
} from '@sre-portal/infra/event-store/wire/definitions.ts'

interface SupportedMethods {
  methods: { serviceName: string; methodName: string; features: string[] }[]
  eventStoreServerVersion: string
}

/** Calls that the client never makes; for what other clients and broken ones may send. */
function rawClient(port: number): Client {
  return new Client(`127.0.0.1:${port}`, credentials.createInsecure())
}

export function authorization(user: string, password: string): Metadata {
  const metadata = new Metadata()
  metadata.set('authorization', `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`)
  return metadata
}

export interface UnaryMethod {
  service: string
  name: string
  request: string
  response: string
}

const supportedMethods: UnaryMethod = {
  service: serverFeaturesService,
  name: 'GetSupportedMethods',
  request: 'event_store.client.Empty',
  response: 'event_store.client.server_features.SupportedMethods',
}

export const createMethod: UnaryMethod = {
  service: persistentService,
  name: 'Create',
  request: 'event_store.client.persistent_subscriptions.CreateReq',
  response: 'event_store.client.persistent_subscriptions.CreateResp',
}

export function rawSupportedMethods(port: number): Promise<SupportedMethods> {
  return rawUnary<SupportedMethods>(port, supportedMethods, {})
}

export function rawUnary<Answer extends object>(
  port: number,
  { service, name, request, response }: UnaryMethod,
  value: object,
  metadata = new Metadata(),
): Promise<Answer> {
  const client = rawClient(port)
  return new Promise<Answer>((resolve, reject) => {
    client.makeUnaryRequest(
      method(service, name).path,
      (message: object) => encodeMessage(request, message),
      (bytes) => decodeMessage<Answer>(response, bytes),
      value,
      metadata,
      (error, answer) => {
        if (answer) resolve(answer)
        else reject(error ?? new Error('No answer'))
      },
    )
  }).finally(() => client.close())
}

export type ReadFrame = Record<string, unknown> & { content: string }

/** Reads with any options; resolves with the frames of a call that ended well. */
export function rawRead(port: number, options: object, metadata = new Metadata()): Promise<ReadFrame[]> {
  const client = rawClient(port)
  const { path } = method(streamsService, 'Read')
  return new Promise<ReadFrame[]>((resolve, reject) => {
    const frames: ReadFrame[] = []
    const call = client.makeServerStreamRequest(
      path,
      (value: object) => encodeMessage('event_store.client.streams.ReadReq', value),
      (bytes) => decodeMessage<ReadFrame>('event_store.client.streams.ReadResp', bytes),
      { options },
      metadata,
    )
    call.on('data', (frame: ReadFrame) => frames.push(frame))
    call.on('error', reject)
    call.on('end', () => resolve(frames))
  }).finally(() => client.close())
}

export type BatchAnswer = Record<string, unknown> & {
  correlationId: { string: string }
  error?: { code: number; message: string; details: { type_url: string } }
  success?: object
}

/** Sends frames of BatchAppend as they are, half-closes, and collects the answers. */
export function rawBatchAppend(
  port: number,
  frames: readonly object[],
  metadata = new Metadata(),
): Promise<BatchAnswer[]> {
  const client = rawClient(port)
  const { path } = method(streamsService, 'BatchAppend')
  return new Promise<BatchAnswer[]>((resolve, reject) => {
    const answers: BatchAnswer[] = []
    const call = client.makeBidiStreamRequest(
      path,
      (value: object) => encodeMessage('event_store.client.streams.BatchAppendReq', value),
      (bytes) => decodeMessage<BatchAnswer>('event_store.client.streams.BatchAppendResp', bytes),
      metadata,
    )
    call.on('data', (answer: BatchAnswer) => answers.push(answer))
    call.on('error', reject)
    call.on('end', () => resolve(answers))
    for (const frame of frames) call.write(frame)
    call.end()
  }).finally(() => client.close())
}

export function proposed(type = 'Raw', metadata: Record<string, string> = {}): object {
  return {
    id: { string: randomUUID() },
    metadata: { type, 'content-type': 'application/json', ...metadata },
    data: Buffer.from('{}'),
  }
}

export interface AppendAnswer {
  success?: object
  wrongExpectedVersion?: Record<string, unknown>
}

/** A classic append whose client has sent something, but not everything. */
export function openAppend(port: number, stream: string) {
  const client = rawClient(port)
  const { path } = method(streamsService, 'Append')
  let settle: ((error: ServiceError | null, answer?: AppendAnswer) => void) | undefined
  const answer = new Promise<AppendAnswer>((resolve, reject) => {
    settle = (error, value) => {
      if (value) resolve(value)
      else reject(error ?? new Error('No answer'))
    }
  }).finally(() => client.close())
  const call = client.makeClientStreamRequest(
    path,
    (value: object) => encodeMessage('event_store.client.streams.AppendReq', value),
    (bytes) => decodeMessage<AppendAnswer>('event_store.client.streams.AppendResp', bytes),
    (error, value) => settle?.(error, value),
  )
  const write = (message: object) =>
    new Promise<void>((resolve) => {
      call.write(message, () => resolve())
    })
  const options = { streamIdentifier: { streamName: Buffer.from(stream) }, any: {} }
  const sent = rawSupportedMethods(port).then(() => write({ options }))
  return { answer, sent, write, end: () => call.end() }
}

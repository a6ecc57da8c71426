import { handleGossip, gossipPath } from './gossip.ts'
import type { Interception } from './interception.ts'
import { openEventLog, type EventLog } from './log/eventLog.ts'
import { writeFirstEvents } from './log/firstEvents.ts'
import { persistentHandlers } from './persistent/persistentService.ts'
import { GroupRegistry } from './persistent/registry.ts'
import { openAccess } from './security/access.ts'
import { basicAccess } from './security/basicAccess.ts'
import { checkExposure, defaultPasswords, type Passwords } from './security/exposure.ts'
import type { ServerContext } from './serverContext.ts'
import { handleSupportedMethods, supportedMethodsPath } from './serverFeatures.ts'
import { appendPath, handleAppend } from './streams/append.ts'
import { batchAppendPath, handleBatchAppend } from './streams/batchAppend.ts'
import { deletePath, handleDelete, handleTombstone, tombstonePath } from './streams/deleteStream.ts'
import { handleRead, readPath } from './streams/readCall.ts'
import { createGrpcServer, type CallHandler } from './transport/grpcServer.ts'
import { GrpcError, statusCode } from './transport/grpcStatus.ts'
import { createProbeServer } from './transport/httpProbes.ts'
import { listenOnSharedPort } from './transport/sharedPort.ts'

export interface EventStoreOptions {
  postgresUrl: string
  host: string
  /** 0 chooses a free port. */
  port: number
  /** What other machines call this server, when a proxy or a container stands between. */
  advertiseHost?: string
  advertisePort?: number
  /** Ask for Basic authentication; clients send credentials only over TLS, so a TLS proxy has to stand in front. */
  requireAuth?: boolean
  passwords?: Passwords
  maxAppendSizeBytes?: number
  interception?: Interception
  log: (line: string) => void
}

export interface RunningEventStore {
  port: number
  connectionString: string
  close(): Promise<void>
}

const defaultMaxAppendSizeBytes = 1024 * 1024

export async function startEventStore(options: EventStoreOptions): Promise<RunningEventStore> {
  checkExposure(options.host, options.requireAuth ?? false, options.passwords ?? defaultPasswords)
  const log = await openEventLog(options.postgresUrl, options.log)
  const groups = new GroupRegistry(log, options.log)
  try {
    await writeFirstEvents(log)
    await groups.load()
    return await serve(log, groups, options)
  } catch (error) {
    await groups.stop()
    await log.close()
    throw error
  }
}

async function serve(
  log: EventLog,
  groups: GroupRegistry,
  options: EventStoreOptions,
): Promise<RunningEventStore> {
  const interception = options.interception ?? {}
  const access = options.requireAuth ? basicAccess(log, options.passwords ?? defaultPasswords) : openAccess
  const context: ServerContext = {
    log,
    access: interception.access?.(access) ?? access,
    maxAppendSizeBytes: options.maxAppendSizeBytes ?? defaultMaxAppendSizeBytes,
    interception,
  }
  let boundPort = options.port
  const advertised = () => ({
    host: options.advertiseHost ?? options.host,
    port: options.advertisePort ?? boundPort,
  })
  const grpc = createGrpcServer(
    new Map<string, CallHandler>([
      [supportedMethodsPath, handleSupportedMethods],
      [gossipPath, (call) => handleGossip(call, advertised)],
      [readPath, (call) => handleRead(context, call)],
      [appendPath, (call) => handleAppend(context, call)],
      [batchAppendPath, (call) => handleBatchAppend(context, call)],
      [deletePath, (call) => handleDelete(context, call)],
      [tombstonePath, (call) => handleTombstone(context, call)],
      ...persistentHandlers(context, groups),
    ]),
    interception.beforeCall,
  )
  const probes = createProbeServer(() => log.writer.isWriting)
  const shared = await listenOnSharedPort(options.host, options.port, {
    http2: (socket) => grpc.accept(socket),
    http1: (socket) => {
      probes.emit('connection', socket)
    },
  })
  boundPort = shared.port
  const { host, port } = advertised()
  let closing: Promise<void> | undefined
  return {
    port: shared.port,
    connectionString: `esdb://${host}:${port}?tls=false`,
    close: () => (closing ??= close()),
  }

  async function close(): Promise<void> {
    await grpc.shutdown(shutdownError)
    await groups.stop()
    await shared.close()
    await log.close()
  }
}

/** Long-lived calls end as cancelled, which makes clients connect anew; an append in the middle ends as unavailable. */
function shutdownError(path: string): GrpcError {
  return path === appendPath
    ? new GrpcError(statusCode.unavailable, 'Server Is Shutting Down')
    : new GrpcError(statusCode.cancelled, 'Server Is Shutting Down')
}

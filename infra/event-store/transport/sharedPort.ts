import { createServer, type Socket } from 'node:net'

const http2Preface = 'PRI * HTTP/2.0'
const firstBytesTimeoutMs = 10_000

export interface SharedPort {
  port: number
  /** Stops accepting and cuts the connections that are still open. */
  close(): Promise<void>
}

export interface PortProtocols {
  http2: (socket: Socket) => void
  http1: (socket: Socket) => void
}

/** Listens on one port and hands each connection to the protocol that its first bytes speak. */
export async function listenOnSharedPort(
  host: string,
  port: number,
  protocols: PortProtocols,
): Promise<SharedPort> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    routeByFirstBytes(socket, protocols)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  }).catch((error: unknown) => {
    throw portError(error, host, port)
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

function routeByFirstBytes(socket: Socket, protocols: PortProtocols): void {
  socket.setTimeout(firstBytesTimeoutMs, () => socket.destroy())
  let received = Buffer.alloc(0)
  const onReadable = () => {
    const chunk = socket.read() as Buffer | null
    if (chunk) received = Buffer.concat([received, chunk])
    const isPossiblyHttp2 = http2Preface.startsWith(
      received.subarray(0, http2Preface.length).toString('latin1'),
    )
    if (received.length === 0 || (isPossiblyHttp2 && received.length < http2Preface.length)) return
    socket.removeListener('readable', onReadable)
    socket.setTimeout(0)
    socket.removeAllListeners('timeout')
    socket.unshift(received)
    if (isPossiblyHttp2) protocols.http2(socket)
    else protocols.http1(socket)
  }
  socket.on('readable', onReadable)
}

function portError(error: unknown, host: string, port: number): Error {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE')
    return new Error(`Port ${port} on ${host} is already in use. Choose another with --port.`)
  if (code === 'EACCES') return new Error(`Not allowed to listen on port ${port} of ${host}.`)
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return new Error(`${host} is not an address of this machine.`)
  return error instanceof Error ? error : new Error(String(error))
}

import net from 'node:net'
import tls from 'node:tls'

const sslRequest = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f])

/**
 * Asks the server to cancel what a session runs (PostgreSQL protocol, CancelRequest). The server answers by closing; whether the
 * statement was stopped is seen on the session itself.
 */
export async function sendCancelRequest(
  server: { host: string; port: number; tls: boolean; lookup: net.LookupFunction },
  key: { processId: number; secretKey: number },
  timeoutMs: number,
): Promise<void> {
  const message = Buffer.alloc(16)
  message.writeInt32BE(16, 0)
  message.writeInt32BE(80877102, 4)
  message.writeInt32BE(key.processId, 8)
  message.writeInt32BE(key.secretKey, 12)
  const socket = net.connect({ host: server.host, port: server.port, lookup: server.lookup })
  await new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer)
      socket.destroy()
      resolve()
    }
    const timer = setTimeout(end, timeoutMs)
    socket.on('error', end).on('close', end)
    socket.once('connect', () => {
      if (!server.tls) socket.end(message)
      else socket.write(sslRequest)
    })
    socket.on('data', (answer) => {
      if (!server.tls || answer[0] !== 0x53) {
        end()
        return
      }
      socket.removeAllListeners('data')
      const secured = tls.connect({
        socket,
        host: server.host,
        ...(net.isIP(server.host) ? {} : { servername: server.host }),
      })
      secured.on('error', end).on('close', end)
      secured.once('secureConnect', () => secured.end(message))
    })
  })
}

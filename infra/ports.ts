import { createServer } from 'node:net'

const tryToListen = (port: number, host: string) =>
  new Promise<number>((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address()
      server.close(() => {
        if (address && typeof address === 'object') resolve(address.port)
        else reject(new Error('The system named no port.'))
      })
    })
  })

/** A TCP port that nobody listens on at this moment. */
export const freePort = (host = '127.0.0.1'): Promise<number> => tryToListen(0, host)

/** Throws in words when something else already listens on the port; `remedy` says how to choose another one. */
export async function assertPortFree(
  what: string,
  port: number,
  remedy: string,
  host = '127.0.0.1',
): Promise<void> {
  try {
    await tryToListen(port, host)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'EADDRINUSE')
      throw new Error(`Port ${port}, wanted for ${what}, is in use by another program. ${remedy}`, {
        cause: error,
      })
    if (code === 'EACCES')
      throw new Error(`Port ${port}, wanted for ${what}, may not be opened by this user. ${remedy}`, {
        cause: error,
      })
    if (code === 'EADDRNOTAVAIL')
      throw new Error(`${host} is not an address of this machine, so ${what} can't listen there.`, {
        cause: error,
      })
    throw error
  }
}

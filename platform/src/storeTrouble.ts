import { connect as connectPlain, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { readAuthority, type EventStoreAddress } from './eventStoreAddress.ts'

const probeMs = 500

interface Failure {
  code?: string | number
  type?: string
  message: string
}

/** Why the event store can't be used, in words that name the cause and the variable, and hold no secret. Takes half a second at most. */
export async function explainTrouble(address: EventStoreAddress, error: unknown): Promise<string> {
  const { code, type, message } = error as Failure
  if (/EVENTSTORE_URL/.test(message)) return message
  // The client gives refused logins and missing rights one type; the transport's code tells them apart.
  if (code === 16 || /UNAUTHENTICATED/.test(message)) return refusedLogin(address)
  if (type === 'access-denied' || code === 7) return missingRight(address)
  const found = await Promise.all(address.hosts.map((host) => probe(host, address)))
  if (found.every((words) => words === null))
    return `The event store (${placesOf(address)}) is reached and does not serve: ${withoutAddress(message)}`
  return `The event store cannot be reached (EVENTSTORE_URL): ${found.filter((words) => words !== null).join('; ')}.`
}

const placesOf = ({ hosts }: EventStoreAddress) => hosts.map(({ name, port }) => `${name}:${port}`).join(', ')

const refusedLogin = ({ user }: EventStoreAddress) =>
  user
    ? `The event store refused the user name "${user.name}" or its password (EVENTSTORE_URL).`
    : 'The event store asks for a user name and a password; EVENTSTORE_URL has none.'

const missingRight = ({ user }: EventStoreAddress) =>
  `The event store denied access to ${user ? `the user "${user.name}"` : 'who comes without a user name'} (EVENTSTORE_URL): needs read on ` +
  '$all, read and write on the streams of the portal, and for the executor membership of $ops. An administrator grants them.'

const withoutAddress = (message: string) => message.slice(0, 300)

/** What is wrong with a host, or null where a connection as the address asks for comes about. */
async function probe(
  host: { name: string; port: number },
  address: EventStoreAddress,
): Promise<string | null> {
  const place = `${host.name}:${host.port}`
  if (!address.tls) {
    const failure = await opened(connectPlain({ host: host.name, port: host.port }), 'connect')
    if (failure) return `${place}: ${inWords(failure)}`
    // A node that speaks TLS says nothing to plain words: ask it for TLS, whatever certificate it has.
    const secure = await opened(
      connectTls({ host: host.name, port: host.port, rejectUnauthorized: false, ALPNProtocols: ['h2'] }),
      'secureConnect',
    )
    return secure ? null : `${place} speaks TLS, and EVENTSTORE_URL says tls=false`
  }
  let ca: Buffer | undefined
  try {
    ca = readAuthority(address)
  } catch (error) {
    return (error as Error).message
  }
  const failure = await opened(
    connectTls({
      host: host.name,
      port: host.port,
      ...(ca && { ca }),
      ...(/[a-z]/i.test(host.name) && { servername: host.name }),
      ALPNProtocols: ['h2'],
    }),
    'secureConnect',
  )
  return failure && `${place}: ${inWords(failure)}`
}

/** null when the event came, else what came instead. */
function opened(socket: Socket, event: 'connect' | 'secureConnect'): Promise<Failure | null> {
  return new Promise((resolve) => {
    const end = (failure: Failure | null) => {
      clearTimeout(timer)
      socket.destroy()
      resolve(failure)
    }
    const timer = setTimeout(() => end({ code: 'ETIMEDOUT', message: `no answer in ${probeMs} ms` }), probeMs)
    socket.once(event, () => end(null))
    socket.on('error', (error) => end(error))
  })
}

const certificateTrouble =
  /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|DEPTH_ZERO|ALTNAME|HOSTNAME/

function inWords({ code, message }: Failure): string {
  const name = String(code ?? '')
  if (name === 'ECONNREFUSED') return 'the connection was refused (ECONNREFUSED)'
  if (name === 'ENOTFOUND' || name === 'EAI_AGAIN') return `the name was not found (${name})`
  if (name === 'ETIMEDOUT') return 'nobody answers (ETIMEDOUT)'
  if (certificateTrouble.test(name))
    return `its certificate is not trusted (${name}: ${message}); name its authority with tlsCaFile`
  if (/SSL|EPROTO|ECONNRESET/.test(name))
    return `it does not speak TLS (${name}); a node without TLS needs tls=false`
  return message.slice(0, 200)
}

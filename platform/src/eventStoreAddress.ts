import { readFileSync } from 'node:fs'

/** Where the event store is, as `EVENTSTORE_URL` says it. */
export interface EventStoreAddress {
  hosts: { name: string; port: number }[]
  tls: boolean
  /** Path of the authority's certificate; null where the system's are trusted. */
  caFile: string | null
  user: { name: string; password: string } | null
  /** True where the node to talk to is found by asking for the cluster's members. */
  discovers: boolean
  /** The same address in words that the client understands. */
  connectionString: string
}

// An outage may be long, and after its last attempt the client would give up for ever.
const discoverAttempts = 1_000
const defaultPort = 2113

/** Options that the client knows; their names are compared as it does, without regard to case, `-` and `_`. */
const knownOptions = [
  'userCertFile',
  'userKeyFile',
  'maxDiscoverAttempts',
  'connectionName',
  'defaultDeadline',
  'discoveryInterval',
  'gossipTimeout',
  'nodePreference',
  'tls',
  'tlsCaFile',
  'throwOnAppendFailure',
  'keepAliveInterval',
  'keepAliveTimeout',
]
const flat = (name: string) => name.trim().toLowerCase().replaceAll(/[-_]/g, '')
const optionNames = new Map(knownOptions.map((name) => [flat(name), name]))
const numbers = /Attempts|Deadline|Interval|Timeout/
const flags = new Set(['tls', 'throwOnAppendFailure'])
const nodePreferences = new Set(['leader', 'follower', 'readonlyreplica', 'random'])

/**
 * Reads `esdb://` or `esdb+discover://`, and KurrentDB's names for the same protocol. Several hosts are all asked for the cluster's
 * members: behind `+discover` the client itself would ask the first one only.
 * @throws Error in words that repeat no part of the address but names of options: it may hold a password
 */
export function parseEventStoreAddress(text: string): EventStoreAddress {
  const parts =
    /^(?:esdb|kurrentdb|kurrent|kdb)(?<discover>\+discover)?:\/\/(?:(?<user>[^:@/]+):(?<password>.*)@)?(?<hosts>[^@/?]+)\/?(?:\?(?<query>.*))?$/i.exec(
      text.trim(),
    )?.groups
  if (!parts)
    throw new Error(
      'must be esdb://[user:password@]host[:port][,host...][?option=value&...], or the same with esdb+discover://, kurrentdb:// or ' +
        'kurrentdb+discover://; @ / ? : in a password are written %40 %2F %3F %3A',
    )
  const hosts = (parts['hosts'] ?? '').split(',').map(parseHost)
  const options = parseOptions(parts['query'] ?? '')
  const user =
    parts['user'] === undefined
      ? null
      : { name: decoded(parts['user']), password: decoded(parts['password'] ?? '') }
  const discovers = parts['discover'] !== undefined || hosts.length > 1
  if (discovers && !options.has('maxDiscoverAttempts'))
    options.set('maxDiscoverAttempts', String(discoverAttempts))
  return {
    hosts,
    tls: options.get('tls') !== 'false',
    caFile: options.get('tlsCaFile') ?? null,
    user,
    discovers,
    connectionString: written(hosts, user, discovers, options),
  }
}

/** The authority's certificate, or undefined where the system's are trusted. @throws Error that names the file and the variable */
export function readAuthority({ caFile }: EventStoreAddress): Buffer | undefined {
  if (caFile === null) return undefined
  try {
    return readFileSync(caFile)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error'
    throw new Error(`EVENTSTORE_URL: the file that tlsCaFile names, ${caFile}, cannot be read (${code}).`, {
      cause: error,
    })
  }
}

function parseHost(text: string): { name: string; port: number } {
  const [, name, port] = /^([\w.-]+)(?::(\d{1,5}))?$/.exec(text.trim()) ?? []
  if (name === undefined || Number(port ?? defaultPort) > 65_535)
    throw new Error('has a host that is no name or IPv4 address with a port up to 65535')
  return { name, port: Number(port ?? defaultPort) }
}

function parseOptions(query: string): Map<string, string> {
  const options = new Map<string, string>()
  for (const pair of query.split('&').filter((part) => part !== '')) {
    const [rawName = '', ...rest] = pair.split('=')
    const name = optionNames.get(flat(rawName))
    if (name === undefined) throw new Error(refusal(rawName))
    const value = decoded(rest.join('=')).trim()
    if (value === '') throw new Error(`has the option ${name} without a value`)
    if (numbers.test(name) && !/^-?\d+$/.test(value))
      throw new Error(`has an option ${name} that is no number`)
    if (flags.has(name) && value !== 'true' && value !== 'false')
      throw new Error(`has an option ${name} that is neither true nor false`)
    if (name === 'nodePreference' && !nodePreferences.has(flat(value)))
      throw new Error(
        'has an option nodePreference that is none of leader, follower, readOnlyReplica, random',
      )
    options.set(name, value)
  }
  return options
}

const refusal = (name: string) =>
  flat(name) === 'tlsverifycert'
    ? 'has the option tlsVerifyCert, which this client does not support: name the authority with tlsCaFile'
    : `has the option ${name.slice(0, 40)}, which this client does not know; it knows ${knownOptions.join(', ')}`

function written(
  hosts: EventStoreAddress['hosts'],
  user: EventStoreAddress['user'],
  discovers: boolean,
  options: Map<string, string>,
): string {
  const scheme = discovers && hosts.length === 1 ? 'esdb+discover' : 'esdb'
  const login = user ? `${encodeURIComponent(user.name)}:${encodeURIComponent(user.password)}@` : ''
  const places = hosts.map(({ name, port }) => `${name}:${port}`).join(',')
  const query = [...options].map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')
  return `${scheme}://${login}${places}${query && `?${query}`}`
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new Error('has a % that begins no percent-encoded character; a % itself is written %25')
  }
}

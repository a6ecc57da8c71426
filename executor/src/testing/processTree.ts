import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** What was seen of a process and its descendants, from outside. */
export interface TreeTraces {
  peakKibibytes: number
  /** Every process that was seen below the watched one. */
  descendants: Set<number>
  /** Network sockets that any of them held. */
  sockets: Set<string>
}

const sampleMs = 40

/** Watches a process from outside by /proc until `stop`. */
export function watchTree(pid: number): { traces: TreeTraces; stop: () => void } {
  const traces: TreeTraces = { peakKibibytes: 0, descendants: new Set(), sockets: new Set() }
  const sample = () => {
    const tree = [pid, ...descendantsOf(pid)]
    for (const child of tree.slice(1)) traces.descendants.add(child)
    const resident = tree.reduce((sum, member) => sum + residentKibibytes(member), 0)
    traces.peakKibibytes = Math.max(traces.peakKibibytes, resident)
    const network = networkSockets()
    for (const member of tree)
      for (const socket of socketsOf(member)) if (network.has(socket)) traces.sockets.add(socket)
  }
  const timer = setInterval(sample, sampleMs)
  return { traces, stop: () => clearInterval(timer) }
}

export const isAlive = (pid: number): boolean =>
  statusField(pid, 'State').charAt(0) !== 'Z' && statusField(pid, 'State') !== ''

function descendantsOf(pid: number): number[] {
  const children = readOr(`/proc/${pid}/task/${pid}/children`)
    .split(' ')
    .filter((text) => text.trim() !== '')
    .map(Number)
  return children.flatMap((child) => [child, ...descendantsOf(child)])
}

const residentKibibytes = (pid: number) => Number.parseInt(statusField(pid, 'VmRSS') || '0')

function statusField(pid: number, name: string): string {
  const line = readOr(`/proc/${pid}/status`)
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`))
  return line ? line.slice(name.length + 1).trim() : ''
}

/** Inodes of all TCP and UDP sockets; the standard streams of a child are unix sockets and not among them. */
function networkSockets(): Set<string> {
  const tables = ['tcp', 'tcp6', 'udp', 'udp6', 'raw']
  return new Set(
    tables.flatMap((table) =>
      readOr(`/proc/net/${table}`)
        .split('\n')
        .slice(1)
        .flatMap((line) => line.trim().split(/\s+/)[9] ?? []),
    ),
  )
}

function socketsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      const link = readlinkSync(`/proc/${pid}/fd/${fd}`)
      return /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []
    })
  } catch {
    return []
  }
}

function readOr(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

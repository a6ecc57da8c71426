import { readdirSync, readFileSync } from 'node:fs'

interface Running {
  pid: number
  parent: number
  command: string
  port: string | undefined
}

/**
 * Stories that freeze or kill a part are left out elsewhere: which of several stacks on a machine a part belongs to is told by the port in its
 * environment, and only /proc shows that of another process.
 */
export const partsAreFound = process.platform === 'linux'

/** The process of a service of the stack whose gateway listens at the address. Reads /proc, so on Linux only. */
export function serviceProcess(address: string, service: string): number {
  const all = readdirSync('/proc').flatMap(running)
  const { port } = new URL(address)
  const gateway = all.find((each) => each.command.includes('infra/gateway/main.ts') && each.port === port)
  const found = all.find(
    (each) => each.parent === gateway?.parent && each.command.includes(`${service}/src/main.ts`),
  )
  if (!found) throw new Error(`The ${service} of ${address} is not to be found.`)
  return found.pid
}

function running(name: string): Running[] {
  if (!/^\d+$/.test(name)) return []
  try {
    const read = (file: string) => readFileSync(`/proc/${name}/${file}`, 'utf8')
    const parent = Number(/^PPid:\s*(\d+)/m.exec(read('status'))?.[1])
    const command = read('cmdline').replaceAll('\0', ' ')
    if (!command.includes('main.ts')) return []
    const port = read('environ')
      .split('\0')
      .find((line) => line.startsWith('PORT='))
    return [{ pid: Number(name), parent, command, port: port?.slice('PORT='.length) }]
  } catch {
    return []
  }
}

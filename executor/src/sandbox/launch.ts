import { accessSync, constants, existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { reachableByOthers, type SandboxHome } from './home.ts'

/** How well scripts are contained: `full` has the kernel's limits and ties the script's life to the executor's. */
export type SandboxLevel = 'full' | 'reduced'

/** What the launch line is made of, probed once at start. */
export interface SandboxPlatform {
  level: SandboxLevel
  deno: string
  setpriv: string | null
  /** Another user's id for the script, where the executor may change it. */
  userId: number | null
  jitless: boolean
}

export interface LaunchLine {
  command: string
  args: string[]
  cwd: string
  env: Record<string, string>
}

const memoryKibibytes = 393_216
const heapMebibytes = 128
const nobody = 65_534
const shell = '/bin/sh'

/**
 * The executable itself: the package's `bin` is a wrapper that would survive the SIGKILL of its child.
 * @throws Error naming the package that is missing
 */
export function denoBinary(platform = process.platform, architecture = process.arch): string {
  const name = `@deno/${platform}-${architecture}${platform === 'linux' ? '-glibc' : ''}`
  const fromDeno = createRequire(createRequire(import.meta.url).resolve('deno/package.json'))
  try {
    const file = platform === 'win32' ? 'deno.exe' : 'deno'
    return join(dirname(fromDeno.resolve(`${name}/package.json`)), file)
  } catch {
    throw new Error(`Scripts need the package ${name}, which is not installed for this platform.`)
  }
}

/** Finds out what this machine offers. Without the JIT, V8 needs no writable code pages, so that RLIMIT_DATA can bound memory. */
export function probePlatform(options: { jitless: boolean }): SandboxPlatform {
  const deno = denoBinary()
  const setpriv = ['/usr/bin/setpriv', '/bin/setpriv'].find(isExecutable) ?? null
  const full = process.platform === 'linux' && setpriv !== null && existsSync(shell) && options.jitless
  const isRoot = process.getuid?.() === 0
  return {
    level: full ? 'full' : 'reduced',
    deno,
    setpriv,
    userId: full && isRoot && reachableByOthers(deno) ? nobody : null,
    jitless: options.jitless,
  }
}

/** The command that starts one sandbox process; every part of it closes a hole that was found, see docs/executor.md. */
export function launchLine(platform: SandboxPlatform, home: SandboxHome): LaunchLine {
  const { runner, importMap, empty } = home.paths
  const deno = [
    platform.deno,
    'run',
    '--no-prompt',
    '--no-remote',
    '--no-npm',
    '--no-config',
    '--no-lock',
    '--cached-only',
    '--no-code-cache',
    '--node-modules-dir=none',
    '--import-map',
    importMap,
    `--v8-flags=--max-old-space-size=${heapMebibytes}${platform.jitless ? ',--jitless' : ''}`,
    runner,
  ]
  const [command = '', ...args] = [...kernelLimits(platform), ...deno]
  return {
    command,
    args,
    cwd: empty,
    env: {
      DENO_DIR: '/dev/null/deno',
      HOME: empty,
      // Dates mean the same wherever the executor runs.
      TZ: 'UTC',
      NO_COLOR: '1',
      DENO_NO_UPDATE_CHECK: '1',
      DENO_NO_PACKAGE_JSON: '1',
    },
  }
}

function kernelLimits({ level, setpriv, userId }: SandboxPlatform): string[] {
  if (level !== 'full' || setpriv === null) return []
  const user = userId === null ? [] : [`--reuid=${userId}`, `--regid=${userId}`, '--clear-groups']
  const limits = `ulimit -c 0 && ulimit -d ${memoryKibibytes} && ulimit -f 0 && ulimit -n 64 && ulimit -t 40 && exec "$@"`
  return [setpriv, ...user, '--pdeathsig', 'KILL', '--no-new-privs', shell, '-c', limits, 'sh']
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

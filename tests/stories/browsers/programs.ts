import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

export interface Programs {
  firefox: string
  webkitDriver: string
  webkitBrowser: string
  xvfb: string
}

const packages = ['firefox-esr', 'webkit2gtk-driver', 'xvfb']

/** Debian's browsers; installed when we may. @throws Error that says what to install */
export function findPrograms(): Programs {
  const before = lookFor()
  if (before) return before
  if (process.getuid?.() === 0 && existsSync('/etc/debian_version')) {
    console.log(`Installing the Debian packages ${packages.join(', ')}.`)
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    const run = (...args: string[]) => spawnSync('apt-get', args, { stdio: 'inherit', env }).status === 0
    if (run('update', '-q')) run('install', '-y', '-q', '--no-install-recommends', ...packages)
    const installed = lookFor()
    if (installed) return installed
  }
  throw new Error(
    `This check needs Debian's browsers, and they are not here: apt-get install ${packages.join(' ')}. Nothing was checked.`,
  )
}

function lookFor(): Programs | null {
  const firefox = onPath('firefox-esr')
  const webkitDriver = onPath('WebKitWebDriver')
  const xvfb = onPath('Xvfb')
  const [webkitBrowser] = ['/usr/lib', '/usr/libexec'].flatMap((folder) =>
    ['webkit2gtk-4.1/MiniBrowser', 'webkitgtk-6.0/MiniBrowser', 'webkit2gtk-4.0/MiniBrowser'].flatMap(
      (name) =>
        [join(folder, name), ...architectures.map((architecture) => join(folder, architecture, name))].filter(
          existsSync,
        ),
    ),
  )
  return firefox && webkitDriver && webkitBrowser && xvfb
    ? { firefox, webkitDriver, webkitBrowser, xvfb }
    : null
}

const architectures = ['x86_64-linux-gnu', 'aarch64-linux-gnu']
const onPath = (name: string) =>
  (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path))

export interface Display {
  name: string
  close: () => Promise<void>
}

/** A screen that nobody sees: WebKitGTK has no headless way of its own. */
export function openDisplay(xvfb: string): Promise<Display> {
  const child = spawn(xvfb, ['-displayfd', '3', '-screen', '0', '1600x1200x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  })
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`Xvfb ended with ${code}.`)))
    child.once('error', reject)
    child.stdio[3]?.once('data', (chunk: Buffer) =>
      resolve({ name: `:${chunk.toString().trim()}`, close: () => endOf(child) }),
    )
  })
}

/** Ends a program that was started here, and waits for it. */
export async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill('SIGTERM')
  const limit = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await ended
  clearTimeout(limit)
}

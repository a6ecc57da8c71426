import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder of secrets and a port, at which hostile scripts leave their traces. */
export class CanaryPlace {
  readonly canary = `CANARY-${randomBytes(12).toString('hex')}`
  readonly directory = mkdtempSync(join(tmpdir(), 'sre-portal-canary-'))
  readonly #server: Server
  #connections = 0
  #port = 0

  private constructor() {
    const secret = join(this.directory, 'secret')
    const drop = join(this.directory, 'drop')
    chmodSync(this.directory, 0o755)
    mkdirSync(secret, { mode: 0o755 })
    mkdirSync(drop)
    chmodSync(drop, 0o777)
    writeFileSync(join(secret, 'canary.txt'), this.canary)
    writeFileSync(join(secret, 'canary.json'), JSON.stringify({ canary: this.canary }))
    writeFileSync(join(secret, 'mod.js'), `export default '${this.canary}'`)
    writeFileSync(join(secret, 'canary.db'), this.canary)
    symlinkSync(join(secret, 'canary.txt'), join(secret, 'link'))
    this.#server = createServer((socket: Socket) => {
      this.#connections += 1
      socket.destroy()
    })
  }

  static async open(): Promise<CanaryPlace> {
    const place = new CanaryPlace()
    await new Promise<void>((resolve) => place.#server.listen(0, '127.0.0.1', resolve))
    const address = place.#server.address()
    place.#port = typeof address === 'object' && address ? address.port : 0
    return place
  }

  /** The script as it would be submitted, with this place's folder and port in it. */
  fill(source: string): string {
    return source.replaceAll('@CANARY_DIR@', this.directory).replaceAll('@PORT@', String(this.#port))
  }

  /** What the scripts so far have left behind, in words; empty when there is nothing. */
  traces(): string[] {
    const found: string[] = []
    if (this.#connections > 0) found.push(`${this.#connections} connections at the sinkhole`)
    const dropped = readdirSync(join(this.directory, 'drop'))
    if (dropped.length > 0) found.push(`files written: ${dropped.join(', ')}`)
    const secrets = readdirSync(join(this.directory, 'secret')).sort().join()
    if (secrets !== 'canary.db,canary.json,canary.txt,link,mod.js') found.push(`secrets changed: ${secrets}`)
    if (readFileSync(join(this.directory, 'secret', 'canary.txt'), 'utf8') !== this.canary)
      found.push('a secret was changed')
    return found
  }

  close(): void {
    this.#server.close()
    rmSync(this.directory, { recursive: true, force: true })
  }
}

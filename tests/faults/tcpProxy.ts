import { connect, createServer, type Server, type Socket } from 'node:net'

/**
 * What becomes of connections: `open` passes everything on; `cut` ends them all and takes no new one for more than a moment; `closed`
 * doesn't listen at all, so that the system refuses; `reset` answers with RST; `blackhole` takes everything in and passes nothing on in
 * either direction until it is mended; `mute` passes on what the client says and swallows what the server answers; `trickle` passes on
 * what the server answers byte by byte.
 */
export type ProxyMode = 'open' | 'cut' | 'closed' | 'reset' | 'blackhole' | 'mute' | 'trickle'

interface Link {
  client: Socket
  upstream: Socket
}

const trickleMs = 400

/** Stands between a service and a server it needs, to disturb their connection and to mend it again. */
export class TcpProxy {
  readonly #target: { host: string; port: number }
  readonly #server: Server
  readonly #links = new Set<Link>()
  #mode: ProxyMode = 'open'
  #port = 0
  #awaited: { words: string; act: () => void } | null = null

  private constructor(target: { host: string; port: number }) {
    this.#target = target
    // Half-open ends are passed on like everything else.
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#accept(client))
  }

  static async open(target: { host: string; port: number }): Promise<TcpProxy> {
    const proxy = new TcpProxy(target)
    await proxy.#listen()
    const address = proxy.#server.address()
    proxy.#port = typeof address === 'object' && address ? address.port : 0
    return proxy
  }

  get port(): number {
    return this.#port
  }

  /** From now on; connections that are open are treated the same way. */
  async disturb(mode: Exclude<ProxyMode, 'open'>): Promise<void> {
    this.#mode = mode
    if (mode === 'closed') await this.#stopListening()
    for (const link of this.#links) this.#treat(link)
  }

  /** Passes everything on again; what a black hole held back arrives now. */
  async mend(): Promise<void> {
    this.#mode = 'open'
    for (const link of this.#links) this.#treat(link)
    if (!this.#server.listening) await this.#listen()
  }

  /** Acts once, right before a client's bytes with these words are passed on. */
  beforePassing(words: string, act: () => void): void {
    this.#awaited = { words, act }
  }

  async close(): Promise<void> {
    this.#mode = 'cut'
    for (const link of this.#links) this.#treat(link)
    if (this.#server.listening) await this.#stopListening()
  }

  #accept(client: Socket): void {
    client.on('error', () => client.destroy())
    if (this.#mode === 'cut') return void client.destroy()
    if (this.#mode === 'reset') return void client.resetAndDestroy()
    const upstream = connect({ ...this.#target, allowHalfOpen: true })
    const link = { client, upstream }
    this.#links.add(link)
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.on('error', () => to.destroy())
      from.on('close', () => {
        this.#links.delete(link)
        to.destroy()
      })
    }
    client.on('data', (chunk: Buffer) => this.#hear(chunk))
    this.#treat(link)
  }

  // Whatever is done about the connection then, these bytes go on: the pipe has its place among those that are told of them.
  #hear(chunk: Buffer): void {
    const awaited = this.#awaited
    if (!awaited || !chunk.includes(awaited.words)) return
    this.#awaited = null
    awaited.act()
  }

  #treat(link: Link): void {
    const { client, upstream } = link
    client.unpipe(upstream)
    upstream.unpipe(client)
    upstream.removeAllListeners('data')
    switch (this.#mode) {
      case 'open':
        client.pipe(upstream)
        upstream.pipe(client)
        return
      case 'blackhole':
        client.pause()
        upstream.pause()
        return
      case 'mute':
        client.pipe(upstream)
        upstream.resume()
        return
      case 'trickle':
        client.pipe(upstream)
        this.#trickle(link)
        return
      case 'reset':
        client.resetAndDestroy()
        upstream.destroy()
        return
      case 'cut':
      case 'closed':
        client.destroy()
        upstream.destroy()
    }
  }

  #trickle({ client, upstream }: Link): void {
    const waiting: Buffer[] = []
    const timer = setInterval(() => {
      const [first] = waiting
      if (!first) return
      client.write(first.subarray(0, 1))
      if (first.length > 1) waiting[0] = first.subarray(1)
      else waiting.shift()
    }, trickleMs)
    client.once('close', () => clearInterval(timer))
    upstream.on('data', (chunk: Buffer) => waiting.push(chunk))
    upstream.resume()
  }

  #listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(this.#port, '127.0.0.1', () => {
        this.#server.removeListener('error', reject)
        resolve()
      })
    })
  }

  // Its callback waits for open connections, which are ended by then or later.
  #stopListening(): Promise<void> {
    for (const { client, upstream } of this.#links) {
      client.destroy()
      upstream.destroy()
    }
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }
}

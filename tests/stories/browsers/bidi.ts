interface Answer {
  id?: number
  type: string
  result?: unknown
  message?: string
}

export interface Bidi {
  send: (method: string, params: object) => Promise<unknown>
  close: () => void
}

/** A connection of the WebDriver BiDi standard: commands and their answers. */
export async function connectBidi(address: string): Promise<Bidi> {
  const socket = new WebSocket(address)
  const waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>()
  let last = 0
  socket.addEventListener('message', ({ data }) => {
    const answer = JSON.parse(String(data)) as Answer
    const waits = waiting.get(answer.id ?? -1)
    if (!waits) return
    waiting.delete(answer.id ?? -1)
    if (answer.type === 'success') waits.resolve(answer.result)
    else waits.reject(new Error(answer.message ?? 'The browser refused a command.'))
  })
  socket.addEventListener('close', () => {
    for (const { reject } of waiting.values()) reject(new Error('The browser has closed the connection.'))
  })
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve())
    socket.addEventListener('error', () => reject(new Error(`No connection to ${address}.`)))
  })
  return {
    send: (method, params) =>
      new Promise((resolve, reject) => {
        last += 1
        waiting.set(last, { resolve, reject })
        socket.send(JSON.stringify({ id: last, method, params }))
      }),
    close: () => socket.close(),
  }
}

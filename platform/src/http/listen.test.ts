import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import express, { type Response } from 'express'
import { expect, it } from 'vitest'
import { listen } from './listen.ts'

/** A connection that is kept after its answer, as browsers and proxies keep it. */
async function asks(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  return socket
}

async function start() {
  const app = express()
  const asked = new Promise<Response>((resolve) => app.get('/', (_request, response) => resolve(response)))
  const listening = await listen(app, { host: '127.0.0.1', port: 0, trustedProxyHops: 0 })
  const socket = await asks(listening.port)
  return { listening, socket, response: await asked }
}

it('waits for an answer that is under way, and cuts nothing when its connection is kept', async () => {
  const { listening, socket, response } = await start()
  const closing = listening.close()
  response.end('the answer')
  const said = once(socket, 'data')
  expect(await closing).toBeUndefined()
  expect(String((await said)[0])).toContain('the answer')
})

it('says how many connections it cut', async () => {
  const { listening, socket } = await start()
  const ended = once(socket, 'close')
  expect(await listening.close()).toEqual({ cut: '1 open connection' })
  await ended
})

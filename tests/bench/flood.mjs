// Asks without end, in a thread of its own: what the asking costs is not to delay what is measured beside it.
import { request } from 'node:http'
import { parentPort, workerData } from 'node:worker_threads'

const { asked, connections } = workerData
const statuses = {}
let isStopped = false

/** Each over a connection of its own, as strangers come; a service may answer and hang up before it has read a body. */
const ask = ({ url, method, headers, body }) =>
  new Promise((resolve) => {
    const sent = request(url, { method, headers, agent: false }, (response) => {
      const tell = () => resolve(String(response.statusCode))
      response.resume().once('end', tell).once('close', tell)
    })
    sent.once('error', (error) => resolve(error.code ?? error.message)).on('error', () => undefined)
    sent.end(body)
  })

async function loop(first) {
  for (let n = first; !isStopped; n++) {
    const status = await ask(asked[n % asked.length])
    statuses[status] = (statuses[status] ?? 0) + 1
  }
}

parentPort.once('message', () => {
  isStopped = true
})
await Promise.all(Array.from({ length: connections }, (_, first) => loop(first)))
parentPort.postMessage(statuses)

import { createServer, type Server, type ServerResponse } from 'node:http'

/** The HTTP/1.1 answers that load balancers and container health checks ask for on the same port. */
export function createProbeServer(isAlive: () => boolean): Server {
  return createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0]
    if (path === '/health/live') respond(response, isAlive() ? 204 : 503)
    else if (path === '/ping')
      respondJson(response, { msgTypeId: 4, text: 'Ping request successfully handled' })
    else respond(response, 404, 'Not Found')
  })
}

function respond(response: ServerResponse, status: number, text?: string): void {
  response.writeHead(status, text === undefined ? {} : { 'content-type': 'text/plain; charset=utf-8' })
  response.end(text)
}

function respondJson(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' })
  response.end(JSON.stringify(body))
}

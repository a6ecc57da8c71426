/** A route of the API: `{id}` stands for one part of the path. */
export interface ApiRoute {
  method: 'GET' | 'POST' | 'PATCH'
  path: string
}

const get = (path: string): ApiRoute => ({ method: 'GET', path })
const post = (path: string): ApiRoute => ({ method: 'POST', path })
const patch = (path: string): ApiRoute => ({ method: 'PATCH', path })

/** Every route of both services; the gateway sends GET to the query-service and all else to the command-service. */
export const apiRoutes: readonly ApiRoute[] = [
  post('/api/auth/login'),
  post('/api/auth/refresh'),
  post('/api/auth/logout'),
  post('/api/auth/password'),
  get('/api/auth/me'),
  get('/api/auth/sessions'),
  post('/api/auth/sessions/{id}/end'),
  get('/api/requests'),
  post('/api/requests'),
  get('/api/requests/{id}'),
  get('/api/requests/{id}/result'),
  get('/api/requests/{id}/history'),
  post('/api/requests/{id}/approve'),
  post('/api/requests/{id}/reject'),
  post('/api/requests/{id}/withdraw'),
  post('/api/requests/{id}/cancel'),
  post('/api/requests/{id}/settle'),
  get('/api/review-queue'),
  get('/api/dashboard'),
  get('/api/notifications'),
  post('/api/notifications/read'),
  get('/api/audit'),
  get('/api/users'),
  post('/api/users'),
  patch('/api/users/{id}'),
  post('/api/users/{id}/confirm'),
  get('/api/pods'),
  post('/api/pods'),
  patch('/api/pods/{id}'),
  get('/api/instances'),
  post('/api/instances'),
  patch('/api/instances/{id}'),
  post('/api/instances/{id}/test'),
  get('/api/operations'),
  post('/api/operations/replay-parked'),
  get('/api/stream'),
  get('/api/script-api'),
  get('/api/openapi.json'),
  get('/api/docs'),
  get('/api/docs.css'),
]

import type { Endpoint } from '@sre-portal/contracts'

export const endpointWords = (endpoint: Endpoint) =>
  endpoint.kind === 'uri' ? endpoint.uri : `${endpoint.host}:${endpoint.port}${endpoint.tls ? ' (TLS)' : ''}`

import { OpenApiGeneratorV31, OpenAPIRegistry } from '@asteasolutions/zod-to-openapi'
import {
  acceptedSchema,
  errorCodes,
  idempotencyKeyHeader,
  positionHeader,
  positionSchema,
  problemSchema,
  type ErrorCode,
} from '@sre-portal/contracts'
import { z } from 'zod'
import { componentDefinitions } from './components.ts'
import type { RouteDescription } from './description.ts'
import { corrected } from './openApiCorrections.ts'
import { routes } from './routes.ts'

export type OpenApiDocument = ReturnType<OpenApiGeneratorV31['generateDocument']>

const statusOf: Record<ErrorCode, string> = {
  invalid: '400',
  unauthenticated: '401',
  token_expired: '401',
  forbidden: '403',
  not_found: '404',
  method_not_allowed: '405',
  conflict: '409',
  too_large: '413',
  unsupported_media_type: '415',
  unprocessable: '422',
  throttled: '429',
  internal: '500',
  unavailable: '503',
}

/** Codes that a route answers with: its own, and those that follow from who may call it. */
export function errorsOf({ access, errors, query, body }: RouteDescription): ErrorCode[] {
  const codes = new Set<ErrorCode>([...errors, 'internal', 'unavailable'])
  if (query || body) codes.add('invalid')
  if (body) codes.add('unsupported_media_type').add('too_large')
  if (access !== 'public') codes.add('unauthenticated').add('token_expired').add('throttled')
  if (access !== 'public' && access !== 'signedIn') codes.add('forbidden')
  return errorCodes.filter((code) => codes.has(code))
}

/** The OpenAPI 3.1 document of the whole API, made from the schemas that check it. */
export function openApiDocument(): OpenApiDocument {
  const registry = new OpenAPIRegistry()
  const bearer = registry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'The access token of POST /api/auth/login.',
  })
  for (const [operationId, route] of Object.entries(routes))
    registry.registerPath({
      operationId,
      method: route.method,
      path: route.path,
      tags: [route.tag],
      summary: route.summary,
      description: permissionInWords(route),
      security: route.access === 'public' ? [] : [{ [bearer.name]: [] }],
      request: requestOf(route),
      responses: responsesOf(route),
    })
  const generator = new OpenApiGeneratorV31([...componentDefinitions(), ...registry.definitions], {
    sortComponents: 'alphabetically',
  })
  return corrected(
    generator.generateDocument({
      openapi: '3.1.0',
      info: {
        title: 'SRE Portal',
        version: '0.1.0',
        description: 'Ask, approve, run once, prove: reviewed database queries and scripts for production.',
      },
      servers: [{ url: '/' }],
    }),
  )
}

/** Who may call a route, as a sentence. */
export function permissionInWords({ access, scope }: RouteDescription): string {
  const who = {
    public: 'Anybody.',
    signedIn: 'Whoever is signed in.',
    submit: 'Whoever is signed in.',
    viewAudit: 'Administrators.',
    manageUsers: 'Administrators.',
    managePods: 'Administrators.',
    manageInstances: 'Administrators.',
    operate: 'Administrators.',
  }[access]
  return scope ? `${who} ${scope}` : who
}

function requestOf({ path, query, body, multipart, method, answer }: RouteDescription) {
  const content = {
    ...(body && { 'application/json': { schema: body } }),
    ...(multipart && { 'multipart/form-data': { schema: multipart } }),
  }
  const waits = method !== 'get' && answer.schema === acceptedSchema
  return {
    ...(path.includes('{id}') && { params: z.object({ id: z.string() }) }),
    ...(query && { query }),
    ...(body && { body: { content, required: !body.safeParse(undefined).success } }),
    ...(waits && {
      headers: z.object({ [idempotencyKeyHeader]: z.string().min(16).max(128).optional() }),
    }),
  }
}

function responsesOf(route: RouteDescription) {
  const { answer, method } = route
  const problems = new Map<string, string[]>()
  for (const code of errorsOf(route))
    problems.set(statusOf[code], [...(problems.get(statusOf[code]) ?? []), code])
  return {
    [answer.status]: {
      description: answer.description,
      ...(method === 'get' &&
        answer.type === undefined && { headers: z.object({ [positionHeader]: positionSchema }) }),
      ...((answer.schema ?? answer.type) && {
        content: { [answer.type ?? 'application/json']: { schema: answer.schema ?? z.string() } },
      }),
    },
    ...Object.fromEntries(
      [...problems].map(([status, codes]) => [
        status,
        {
          description: codes.map((code) => `\`${code}\``).join(', '),
          content: { 'application/problem+json': { schema: problemSchema } },
        },
      ]),
    ),
  }
}

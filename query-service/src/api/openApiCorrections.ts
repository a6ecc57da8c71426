import type { OpenApiDocument } from './openApi.ts'

/**
 * The generator writes a named schema that may be null as `allOf` of both, which nothing fulfils, and lists in a query without saying
 * that commas part them.
 */
export function corrected(document: OpenApiDocument): OpenApiDocument {
  return correct(document) as OpenApiDocument
}

function correct(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(correct)
  if (typeof node !== 'object' || node === null) return node
  const corrected = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, correct(value)]))
  return withCommas(withNull(corrected))
}

function withNull(node: Record<string, unknown>): Record<string, unknown> {
  const { allOf, ...rest } = node
  if (!Array.isArray(allOf) || allOf.length !== 2) return node
  const [named, nullable] = allOf as [Record<string, unknown>, Record<string, unknown>]
  const isNullable = Array.isArray(nullable['type']) && nullable['type'].includes('null')
  return '$ref' in named && isNullable ? { ...rest, anyOf: [named, { type: 'null' }] } : node
}

function withCommas(node: Record<string, unknown>): Record<string, unknown> {
  const { schema } = node as { schema?: { type?: unknown } }
  return node['in'] === 'query' && schema?.type === 'array'
    ? { ...node, style: 'form', explode: false }
    : node
}

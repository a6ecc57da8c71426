import type { OpenApiDocument } from './openApi.ts'
import { shapeOf, type Schema } from './schemaInWords.ts'

interface Operation {
  operationId?: string
  summary?: string
  description?: string
  tags?: string[]
  parameters?: { name: string; in: string; required?: boolean; schema?: Schema }[]
  requestBody?: { content: Record<string, { schema?: Schema }> }
  responses: Record<string, { description: string; content?: Record<string, { schema?: Schema }> }>
}
interface Listed {
  method: string
  path: string
  operation: Operation
}

/** The API for people, rendered from its OpenAPI document; without any script. */
export function docsPage(document: OpenApiDocument): string {
  const listed = operationsOf(document)
  const tags = [...new Set(listed.map(({ operation }) => operation.tags?.[0] ?? ''))]
  const schemas = Object.entries((document.components?.schemas ?? {}) as Record<string, Schema>)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>SRE Portal API</title>
<link rel="stylesheet" href="/api/docs.css">
</head>
<body>
<header><h1>SRE Portal API</h1>
<p>${text(document.info.description ?? '')}</p>
<p>Send <code>Authorization: Bearer &lt;access token&gt;</code>. Errors are <code>application/problem+json</code>.
The same for programs: <a href="/api/openapi.json">openapi.json</a>.</p></header>
<nav aria-label="Routes">${tags.map((tag) => section(tag, listed, index)).join('')}
<h2><a href="#schemas">Schemas</a></h2></nav>
<main>${tags.map((tag) => section(tag, listed, article)).join('')}
<h2 id="schemas">Schemas</h2>
${schemas.map(([name, schema]) => `<article id="schema-${name}"><h3>${text(name)}</h3>${shape(schema)}</article>`).join('\n')}
</main>
</body>
</html>
`
}

function operationsOf(document: OpenApiDocument): Listed[] {
  return Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    Object.entries(item as Record<string, Operation>).map(([method, operation]) => ({
      method,
      path,
      operation,
    })),
  )
}

const section = (tag: string, listed: Listed[], render: (one: Listed) => string) =>
  `<h2>${text(tag)}</h2>${listed
    .filter(({ operation }) => operation.tags?.[0] === tag)
    .map(render)
    .join('\n')}`

const anchor = ({ operation }: Listed) => operation.operationId ?? ''

const index = (one: Listed) =>
  `<a href="#${anchor(one)}"><b>${one.method.toUpperCase()}</b> ${text(one.path)}</a>`

function article(one: Listed): string {
  const { method, path, operation } = one
  const parameters = (operation.parameters ?? []).map(
    ({ name, in: place, required, schema }) =>
      `<tr><td><code>${text(name)}</code></td><td>${place}${required ? ', required' : ''}</td><td>${shape(schema)}</td></tr>`,
  )
  const bodies = Object.entries(operation.requestBody?.content ?? {}).map(
    ([type, { schema }]) => `<h4>Body <code>${text(type)}</code></h4>${shape(schema)}`,
  )
  const answers = Object.entries(operation.responses).map(
    ([status, { description, content }]) =>
      `<tr><td><code>${status}</code></td><td>${inline(description)}</td><td>${Object.values(content ?? {})
        .map(({ schema }) => shape(schema))
        .join('')}</td></tr>`,
  )
  return `<article id="${anchor(one)}">
<h3><b class="${method}">${method.toUpperCase()}</b> <code>${text(path)}</code></h3>
<p>${text(operation.summary ?? '')}.</p><p class="who">${inline(operation.description ?? '')}</p>
${parameters.length > 0 ? `<h4>Parameters</h4><table>${parameters.join('')}</table>` : ''}${bodies.join('')}
<h4>Answers</h4><table>${answers.join('')}</table></article>`
}

const shape = (schema: Schema | undefined): string =>
  schema ? `<pre>${text(shapeOf(schema)).replace(/#(\w+)/g, '<a href="#schema-$1">$1</a>')}</pre>` : ''

const inline = (words: string) => text(words).replace(/`([^`]+)`/g, '<code>$1</code>')

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const text = (raw: string) => raw.replace(/[&<>"']/g, (character) => entities[character] ?? '')

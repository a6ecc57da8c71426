import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { parse } from 'vue/compiler-sfc'

/** Fields that hold what people, databases and scripts have written. */
const foreign =
  /(?:\.|\?\.)(?:name|title|comment|reason|email|ticket|summary|subject|database|databases|username|fileName|message|detail|hint|unknownReason|stack|serverVersion)\b/
/** Names of the portal's own, whose `name` or `title` are its own words. */
const own =
  /\b(?:page|tab|group|character|milestone|bar|line|part|promise|shortcut|face|route|to|field|item|issue|column|crumb|props)\s*[!?]?\.(?:name|title|message)\b/g
/** Elements within which a text moves nothing around it. */
const isolating = new Set(['bdi', 'VisibleText', 'textarea'])
/** What of a component is drawn as a text within a sentence or a line of ours. */
const drawn = new Set([
  'title',
  'subtitle',
  'description',
  'label',
  'help',
  'heading',
  'placeholder',
  'suffix',
])

/** Words of the portal's own, whose names look like those of others. */
const allowed: Record<string, string[]> = {
  // A field of the state.
  'features/requests/StateTable.vue': ['row.name'],
}

const folder = import.meta.dirname
const files = (endings: RegExp) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (file) => endings.test(file) && !/\.test\.ts$|^testing\//.test(file),
  )

interface Node {
  type: number
  tag?: string
  content?: { content?: string } | string
  loc: { start: { line: number }; source: string }
  children?: Node[]
  branches?: Node[]
  props?: { type: number; name: string; arg?: { content: string }; exp?: { content: string } }[]
}

const isForeign = (expression: string) =>
  foreign.test(expression.replaceAll(own, '')) && !expression.includes('isolated')

function faultsOf(file: string): string[] {
  const { descriptor } = parse(readFileSync(join(folder, file), 'utf8'))
  const found: string[] = []
  const visit = (node: Node, isIsolated: boolean) => {
    const within = isIsolated || (node.tag !== undefined && isolating.has(node.tag))
    const inner = typeof node.content === 'object' ? (node.content.content ?? '') : ''
    if (node.type === 5 && !within && isForeign(inner))
      found.push(`${file}:${node.loc.start.line} {{ ${inner} }}`)
    for (const { type, arg, exp } of node.props ?? [])
      if (
        type === 7 &&
        arg &&
        exp &&
        drawn.has(arg.content) &&
        /`|\+/.test(exp.content) &&
        isForeign(exp.content)
      )
        found.push(`${file}:${node.loc.start.line} :${arg.content}="${exp.content}"`)
    for (const child of node.children ?? []) visit(child, within)
  }
  const root = descriptor.template?.ast
  if (root) visit(root as unknown as Node, false)
  return found.filter((fault) => !allowed[file]?.some((part) => fault.includes(part)))
}

it('isolates every text of others that a template draws', () => {
  expect(files(/\.vue$/).flatMap(faultsOf)).toEqual([])
})

/** Sentences that are never drawn, or only where nothing stands beside them. */
const sentencesAllowed = new Set([
  'api/client.ts',
  // Searched, not drawn.
  'features/users/UsersView.vue: ${user.name} ${user.email} ${user.role}',
  // Drawn within <bdi>.
  'features/audit/auditApi.ts: ${actor.name} (service)',
  'features/requests/HistoryReplay.vue: ${actor.name} (service)',
  // The title of the window.
  'features/requests/RequestDetailView.vue: ${number} ${statusFaces[request.value.status].word} - ${request.value.title}',
])

it('isolates every text of others within a sentence of a script', () => {
  const found = files(/\.(vue|ts)$/).flatMap((file) => {
    const source = readFileSync(join(folder, file), 'utf8')
    const script = file.endsWith('.vue') ? (parse(source).descriptor.scriptSetup?.content ?? '') : source
    return [...script.matchAll(/`([^`]*\$\{[^`]*)`/g)].flatMap(([, sentence = '']) => {
      const isOfOthers = [...sentence.matchAll(/\$\{([^}]*)\}/g)].some(([, part = '']) => isForeign(part))
      return isOfOthers ? [`${file}: ${sentence}`] : []
    })
  })
  expect(
    found.filter((each) => !sentencesAllowed.has(each) && !sentencesAllowed.has(each.split(':')[0] ?? '')),
  ).toEqual([])
})

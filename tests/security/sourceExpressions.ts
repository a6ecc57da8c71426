import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

/** A regular expression of the program, and where it stands. */
export interface SourceExpression {
  place: string
  expression: RegExp
}

const folders = [
  ...[
    'contracts',
    'domain',
    'packages',
    'platform',
    'command-service',
    'query-service',
    'projector',
    'executor',
  ],
  ...['infra', 'web'],
]
const notSources = new Set([
  'node_modules',
  'dist',
  'generated',
  'test-results',
  'test',
  'testing',
  'fixtures',
])

/** Files of the program itself, without its tests. */
export function sourceFiles(repository: string): string[] {
  const found: string[] = []
  const visit = (folder: string) => {
    for (const entry of readdirSync(join(repository, folder), { withFileTypes: true })) {
      const path = join(folder, entry.name)
      if (entry.isDirectory() && !notSources.has(entry.name)) visit(path)
      else if (
        entry.isFile() &&
        /\.(ts|mjs|js|vue)$/.test(entry.name) &&
        !/\.test\.ts$|\.d\.m?ts$/.test(entry.name)
      )
        found.push(path)
    }
  }
  folders.forEach(visit)
  return found
}

/** What a file's code holds: for a component its script. */
function parse(repository: string, path: string): ts.SourceFile {
  const text = readFileSync(join(repository, path), 'utf8')
  const code = path.endsWith('.vue') ? (/<script[^>]*>([\s\S]*?)<\/script>/.exec(text)?.[1] ?? '') : text
  return ts.createSourceFile(path, code, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS)
}

/** Outside of every function a module makes it once, of its own constants. */
const isWhileRunning = (node: ts.Node): boolean => ts.findAncestor(node, ts.isFunctionLike) !== undefined

/** Every regular expression that is written as one, and every place that makes one of something else. */
export function expressionsIn(
  repository: string,
  path: string,
): { written: SourceExpression[]; made: string[] } {
  const file = parse(repository, path)
  const written: SourceExpression[] = []
  const made: string[] = []
  const visit = (node: ts.Node): void => {
    const place = () => `${path}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}`
    if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf('/')
      written.push({
        place: place(),
        expression: new RegExp(node.text.slice(1, end), node.text.slice(end + 1)),
      })
    }
    const isMade =
      (ts.isNewExpression(node) || ts.isCallExpression(node)) && node.expression.getText() === 'RegExp'
    if (isMade && !node.arguments?.every(ts.isStringLiteralLike) && isWhileRunning(node)) made.push(place())
    ts.forEachChild(node, visit)
  }
  visit(file)
  return { written, made }
}

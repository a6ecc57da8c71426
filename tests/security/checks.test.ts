import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { repository } from '@sre-portal/infra/stack/settings.ts'
import { checks } from './checks/index.ts'
import { judge, titlePattern } from './judge.ts'

/** How many checks each part has; a check is never taken away, and the number of one never given to another. */
const counts: Record<string, number> = { A: 27, B: 16, C: 13, D: 20 }

const isTest = (node: ts.Node): node is ts.CallExpression =>
  ts.isCallExpression(node) && /^(it|test)\b/.test(node.expression.getText())

/** The titles of a file's tests as they are written, with `%s` where a template has an expression. */
function titlesIn(file: string): Set<string> {
  const source = ts.createSourceFile(
    file,
    readFileSync(join(repository, file), 'utf8'),
    ts.ScriptTarget.Latest,
    true,
  )
  const titles = new Set<string>()
  const visit = (node: ts.Node): void => {
    const [title] = isTest(node) ? node.arguments : []
    if (title && ts.isStringLiteralLike(title)) titles.add(title.text)
    if (title && ts.isTemplateExpression(title))
      titles.add([title.head.text, ...title.templateSpans.map(({ literal }) => literal.text)].join('%s'))
    ts.forEachChild(node, visit)
  }
  visit(source)
  return titles
}

describe('the security checks', () => {
  it('are 76, each with an id of its own', () =>
    expect(checks.map(({ id }) => id)).toEqual(
      Object.entries(counts).flatMap(([part, count]) =>
        Array.from({ length: count }, (_, index) => `${part}-${String(index + 1).padStart(2, '0')}`),
      ),
    ))

  it.each(checks)('$id is shown by tests that there are', ({ shownBy }) => {
    const named = Object.entries(shownBy)
    expect(named.length).toBeGreaterThan(0)
    for (const [file, titles] of named) {
      const found = titlesIn(file)
      expect(titles.length).toBeGreaterThan(0)
      expect(titles.filter((title) => !found.has(title)).map((title) => `${file}: ${title}`)).toEqual([])
    }
  })

  it('are listed for people as they are', async () => {
    const text = checks.map(({ id, holds }) => `- **${id}** ${holds}`).join('\n')
    await expect(`${heading}\n\n${text}\n`).toMatchFileSnapshot(
      join(repository, 'docs', 'security-checks.md'),
    )
  })
})

const heading = `# Security checks

What must hold, in four parts: signing in (A), browsers and transport (B), rights (C), secrets and texts (D). Each is shown by automated tests, which
[\`tests/security/checks\`](../tests/security/checks) names; they run with \`npm test\`, and \`npm run checks:security\` runs them alone and prints for each
id whether it holds (\`npm run checks:security -- A-03 C-05\` for some). This list is made from those files (\`npx vitest run --project unit
tests/security -u\`).`

describe('a check', () => {
  const check = { id: 'A-01', holds: 'It holds.', shownBy: { 'a.test.ts': ['is %s of $what (really)'] } }
  const ran = (title: string, passed: boolean, file = 'a.test.ts') => ({ file, title, passed })

  it('holds when each of its tests was run and passed', () => {
    expect(judge(check, [ran('is 1 of 2 (really)', true), ran('is 3 of 4 (really)', true)])).toEqual([])
    expect(judge(check, [ran('is 1 of 2 (really)', true), ran('is 3 of 4 (really)', false)])).toEqual([
      'failed: a.test.ts: is 3 of 4 (really)',
    ])
  })

  it('fails when one of them was not run, or there is none', () => {
    const fault = ['was not run: a.test.ts: is %s of $what (really)']
    expect(judge(check, [])).toEqual(fault)
    expect(judge(check, [ran('is 1 of 2 (really)', true, 'b.test.ts')])).toEqual(fault)
    expect(judge(check, [ran('is 1 of 2 really', true)])).toEqual(fault)
    expect(judge({ ...check, shownBy: {} }, [])).toEqual(['no test shows it'])
  })

  it('takes a title for what is written, but for its parameters', () =>
    expect(titlePattern('a.b $x %s')).toBe('a\\.b [\\s\\S]* [\\s\\S]*'))
})

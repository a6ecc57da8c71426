import { maxQueryBytes, maxScriptBytes } from '@sre-portal/contracts'
import { parseMongo, parseScript, parseSql } from '../textAnalysis.ts'
import { deepTexts } from './deepTexts.ts'

// A process of its own: what this is about ended the process, and no error told of it.
const depth = Number(process.argv[2])
const asFilter = (text: string) => `db.adv.find({a:async function(){${text}}})`

interface Read {
  what: string
  error: { code: string | null; line: number | null; column: number | null } | null
  /** Whether what somebody else sent next was read. */
  next: boolean
}

const read: Read[] = []

async function take(
  what: string,
  parse: (content: string) => Promise<object & { error?: NonNullable<Read['error']> }>,
  { content, harmless }: { content: string; harmless: string },
): Promise<void> {
  const [{ error = null }, next] = await Promise.all([parse(content), parse(harmless)])
  read.push({
    what,
    error: error && { code: error.code, line: error.line, column: error.column },
    next: next.error === undefined,
  })
}

for (const [what, content] of deepTexts('script', depth, maxScriptBytes))
  await take(`script: ${what}`, parseScript, { content, harmless: 'return 1' })
for (const [what, content] of deepTexts('script', depth, maxQueryBytes - 100))
  await take(`MongoDB: ${what}`, parseMongo, { content: asFilter(content), harmless: 'db.a.find({})' })
for (const [what, content] of deepTexts('sql', depth, maxQueryBytes))
  await take(`SQL: ${what}`, parseSql, { content, harmless: 'select 1' })

process.stdout.write(JSON.stringify(read))
process.exit()

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checks } from './checks/index.ts'
import { judge, type Ran } from './judge.ts'
import { runStories, runVitest } from './runTests.ts'

const wanted = process.argv.slice(2)
const unknown = wanted.filter((id) => !checks.some((check) => check.id === id))
const chosen = checks.filter(({ id }) => wanted.length === 0 || wanted.includes(id))
if (unknown.length > 0) {
  console.log(`There is no check ${unknown.join(', ')}; there are ${checks.map(({ id }) => id).join(', ')}.`)
  process.exit(1)
}

const reports = await mkdtemp(join(tmpdir(), 'sre-portal-checks-'))
try {
  const ran: Ran[] = [...(await runVitest(chosen, reports)), ...(await runStories(chosen, reports))]
  const judged = chosen.map((check) => ({ check, faults: judge(check, ran) }))
  console.log()
  for (const { check, faults } of judged) {
    console.log(`${check.id} ${faults.length === 0 ? 'holds' : 'fails'}  ${check.holds}`)
    for (const fault of faults) console.log(`           ${fault}`)
  }
  const failing = judged.filter(({ faults }) => faults.length > 0).length
  console.log(`\n${judged.length - failing} hold, ${failing} fail`)
  process.exitCode = failing === 0 ? 0 : 1
} finally {
  await rm(reports, { recursive: true, force: true })
}

import { expect, test } from 'vitest'
import { keepHistory } from './keepHistory.ts'
import { run } from './run.ts'

const seed = Number(process.env['SOAK_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

test(
  `people work at random while parts are killed, frozen and cut off; all invariants hold (SOAK_SEED=${seed})`,
  { timeout: 180_000 },
  async () => {
    const report = await run({
      seed,
      durationMs: 20_000,
      executors: 2,
      clients: 3,
      pauseMs: [100, 900],
      hostile: [],
      hostilePercent: 0,
    })
    const { wrong, evidence } = report
    const where = wrong.length > 0 ? await keepHistory(seed, report, wrong) : ''
    expect(wrong, `SOAK_SEED=${seed}; the history is in ${where}`).toEqual([])
    // Something did happen: the checks above would hold of nothing, too.
    const types = [...evidence.events.values()].flat().map(({ type }) => type)
    expect(types.filter((type) => type === 'ExecutionStarted').length).toBeGreaterThan(5)
    expect(types.filter((type) => type === 'RequestExecuted').length).toBeGreaterThan(0)
    expect(evidence.history.filter(({ type }) => type === 'nemesis').length).toBeGreaterThan(10)
    expect(evidence.statements.length).toBeGreaterThan(0)
    expect(evidence.marks.length).toBeGreaterThan(0)
    expect(evidence.checkpoints.length).toBeGreaterThan(10)
  },
)

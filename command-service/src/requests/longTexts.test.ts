import { expect, it } from 'vitest'
import { createTextJudge } from './longTexts.ts'

const long = { kind: 'query', engine: 'postgresql', content: 'x'.repeat(9_000), database: 'orders' } as const
const short = { ...long, content: 'select 1' }
const never = () => new Promise<void>(() => undefined)

it('a person has two long texts read at once, and a third is told so at once, as nothing was submitted', async () => {
  const ends: (() => void)[] = []
  const judge = createTextJudge(() => new Promise((end) => ends.push(end)))
  const first = [judge('dana', long), judge('dana', long)]
  await expect(judge('dana', long)).rejects.toMatchObject({
    code: 'throttled',
    retryAfterSeconds: 2,
    message: expect.stringContaining('Nothing was submitted') as string,
  })
  const others = [judge('omar', long), judge('dana', short)]
  for (const end of ends) end()
  await Promise.all([...first, ...others])
  const again = judge('dana', long)
  ends.at(-1)?.()
  await again
})

it('a text that is refused gives its place up', async () => {
  const judge = createTextJudge(() => Promise.reject(new Error('not SQL')))
  for (let count = 0; count < 5; count++) await expect(judge('dana', long)).rejects.toThrow('not SQL')
})

it.each([long, short])('a text that is not read in time was not submitted, in words', async (text) => {
  const judge = createTextJudge(never, 10)
  await expect(judge('dana', text)).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('Nothing was submitted') as string,
  })
})

it('who gave up waiting has the text read all the same, and no more of them', async () => {
  const judge = createTextJudge(never, 10)
  for (let count = 0; count < 2; count++)
    await expect(judge('dana', long)).rejects.toMatchObject({ code: 'unavailable' })
  await expect(judge('dana', long)).rejects.toMatchObject({ code: 'throttled' })
})

import type { Engine, RequestKind, TransactionMode } from '@sre-portal/contracts'
import type { Random } from './random.ts'

/** A request as it is submitted, and the marks that it leaves when it ends well. */
export interface Work {
  engine: Engine
  kind: RequestKind
  mode: TransactionMode
  content: string
  marks: string[]
}

/** What a run may be asked to do beside the ordinary. */
export interface WorkOptions {
  random: Random
  /** Begins every mark of this run. */
  prefix: string
  hasMongo: boolean
  /** Hostile scripts, and how many of a hundred requests are one of them. */
  hostile: string[]
  hostilePercent: number
}

type Make = (mark: (part: number) => string, pauseSeconds: string) => Omit<Work, 'marks'> & { parts: number }

const insert = (mark: string) => `insert into marks (text) values ('${mark}')`
const query = (content: string, parts: number) => ({
  engine: 'postgresql' as const,
  kind: 'query' as const,
  mode: 'single' as const,
  content,
  parts,
})
const script = (mode: TransactionMode, content: string, parts: number) => ({
  engine: 'postgresql' as const,
  kind: 'script' as const,
  mode,
  content,
  parts,
})
const shell = (content: string, parts: number) => ({ ...query(content, parts), engine: 'mongodb' as const })
const mongoScript = (content: string, parts: number) => ({
  ...script('single', content, parts),
  engine: 'mongodb' as const,
})

// Every statement carries the mark's beginning, so that it is recognised in the target's log. Part 0 leaves no mark.
const onPostgres: readonly (readonly [number, Make])[] = [
  [3, (mark) => query(`select count(*) as "${mark(0)}" from marks`, 0)],
  [4, (mark) => query(`${insert(mark(1))}; select '${mark(0)}'`, 1)],
  [
    4,
    (mark, pause) =>
      query(`${insert(mark(1))}; select pg_sleep(${pause}), '${mark(0)}'; ${insert(mark(2))}`, 2),
  ],
  [2, (mark) => query(`${insert(mark(1))}; select 1 / (length('${mark(0)}') * 0)`, 1)],
  [1, (mark) => query(`select '${mark(0)}' from generate_series(1, 20000)`, 0)],
  [
    3,
    (mark) =>
      script(
        'single',
        `await db.query("${insert(mark(1))}"); await db.query("${insert(mark(2))}"); return 'done'`,
        2,
      ),
  ],
  [
    2,
    (mark, pause) =>
      script(
        'single',
        `await db.query("${insert(mark(1))}"); await db.query("select pg_sleep(${pause}), '${mark(0)}'")`,
        1,
      ),
  ],
  [1, (mark) => script('single', `await db.query("${insert(mark(1))}"); throw new Error('on purpose')`, 1)],
  [
    3,
    (mark, pause) =>
      script(
        'per-statement',
        `await db.query("${insert(mark(1))}"); await db.query("select pg_sleep(${pause}), '${mark(0)}'"); await db.query("${insert(mark(2))}")`,
        2,
      ),
  ],
  [
    1,
    (mark) =>
      script('per-statement', `await db.query("${insert(mark(1))}"); throw new Error('on purpose')`, 2),
  ],
]

const onMongo: readonly (readonly [number, Make])[] = [
  [
    2,
    (mark) =>
      shell(`db.marks.insertOne({ text: "${mark(1)}" }); db.marks.insertOne({ text: "${mark(2)}" })`, 2),
  ],
  [1, (mark) => shell(`db.marks.find({ text: "${mark(0)}" })`, 0)],
  [
    2,
    (mark) =>
      mongoScript(
        `const marks = db.collection('marks'); await marks.insertOne({ text: '${mark(1)}' }); await marks.findOne({ text: '${mark(0)}' }); await marks.insertOne({ text: '${mark(2)}' })`,
        2,
      ),
  ],
  [
    1,
    (mark) =>
      mongoScript(
        `await db.collection('marks').insertOne({ text: '${mark(1)}' }); throw new Error('on purpose')`,
        2,
      ),
  ],
]

/** Makes up requests, each with marks of its own. */
export function createWork({ random, prefix, hasMongo, hostile, hostilePercent }: WorkOptions): () => Work {
  let made = 0
  return () => {
    const name = `${prefix}${made++}`
    if (hostile.length > 0 && random.isTrue(hostilePercent / 100))
      return { ...script('single', random.oneOf(hostile), 0), marks: [] }
    const make = random.weighted(hasMongo && random.isTrue(0.25) ? onMongo : onPostgres)
    const pauseSeconds = (random.between(1, 15) / 10).toFixed(1)
    const { parts, ...work } = make((part) => `${name}/${part}`, pauseSeconds)
    return { ...work, marks: Array.from({ length: parts }, (_, index) => `${name}/${index + 1}`) }
  }
}

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ScriptBench } from '../testing/scriptBench.ts'

let bench: ScriptBench

beforeAll(async () => {
  bench = await ScriptBench.open()
})
afterAll(() => bench.close())
beforeEach(async () => {
  await bench.reset()
  await bench.admin.query(`
    create or replace function add_note(n int) returns int language sql volatile as 'insert into notes values (n) returning id';
    create or replace view adding as select add_note(7) as id;
    create or replace function add_and_compare(a int, b int) returns boolean language sql volatile as 'insert into notes values (8); select a = b';
    drop operator if exists === (int, int);
    create operator === (leftarg = int, rightarg = int, function = add_and_compare)`)
})

const caught = (statement: string) =>
  `await db.query(${JSON.stringify(statement)}).catch(() => {}); return 'went on'`
const outcomesOf = (heads: { outcome: string }[]) => heads.map(({ outcome }) => outcome)

describe('one transaction for the whole script', () => {
  test('a view whose function writes, refused by a deferred constraint at COMMIT, is FAILED and undone', async () => {
    await bench.admin.query(`
      create table owners (id int primary key);
      alter table notes add constraint owned foreign key (id) references owners deferrable initially deferred`)
    const { outcome, transactions } = await bench.run(`return (await db.query('select * from adding')).rows`)
    await bench.admin.query('drop table owners cascade')
    expect(outcome).toMatchObject({ fate: 'failed', effects: 'partial', error: { code: '23503' } })
    expect(transactions).toHaveLength(1)
    expect(await bench.notes()).toEqual([])
  })

  test('what a view wrote is committed with a transaction id that was told before', async () => {
    const { outcome, transactions } = await bench.run(`await db.query('select * from adding')`)
    expect(outcome).toEqual({ fate: 'executed' })
    expect(transactions).toEqual([expect.stringMatching(/^\d+$/)])
    expect(await bench.notes()).toEqual([7])
  })

  test('the session killed while the only statement runs is FAILED, whatever the script makes of it', async () => {
    const [{ outcome, head }] = await Promise.all([
      bench.run(caught('insert into notes select 1 from pg_sleep(20)')),
      bench.killDuring('insert into notes'),
    ])
    expect(outcome).toMatchObject({ fate: 'failed', effects: 'rolled-back', error: { code: '57P01' } })
    expect(outcomesOf(head.statements)).toEqual(['failed'])
    expect(await bench.notes()).toEqual([])
  })

  test('the session killed while it is idle is FAILED at the end', async () => {
    const running = bench.run(
      `await db.query('insert into notes values (1)'); await db.query('select pg_terminate_backend(pg_backend_pid())').catch(() => {})`,
    )
    // Its rows are gone; a session that was ended stays so.
    expect((await running).outcome).toMatchObject({ fate: 'failed', effects: 'partial' })
    expect(await bench.notes()).toEqual([])
  })

  test('a db.transaction that the script never ended is not committed', async () => {
    const { outcome } = await bench.run(
      `db.transaction(async (tx) => { await tx.query('insert into notes values (1)'); await new Promise(() => {}) })`,
    )
    expect(outcome).toMatchObject({
      fate: 'failed',
      effects: 'rolled-back',
      error: { code: 'OPEN_TRANSACTION' },
    })
    expect(await bench.notes()).toEqual([])
  })
})

describe('each statement by itself', () => {
  const mode = 'per-statement' as const

  test('a write whose answer never came is UNKNOWN, whatever the script makes of it', async () => {
    const [{ outcome }] = await Promise.all([
      bench.run(caught('insert into notes select 1 from pg_sleep(20)'), { mode }),
      bench.killDuring('insert into notes'),
    ])
    expect(outcome).toMatchObject({ fate: 'unknown', transactionId: null })
  })

  test('a read whose answer never came leaves what was written before', async () => {
    const [{ outcome }] = await Promise.all([
      bench.run(`await db.query('insert into notes values (1)'); await db.query('select pg_sleep(20)')`, {
        mode,
      }),
      bench.killDuring('select pg_sleep'),
    ])
    expect(outcome).toMatchObject({ fate: 'failed', effects: 'partial' })
    expect(await bench.notes()).toEqual([1])
  })

  test('a block that commits on its way and then fails is told as partial', async () => {
    const { outcome } = await bench.run(
      `await db.query("do $$ begin insert into notes values (1); commit; raise exception 'boom'; end $$")`,
      { mode },
    )
    expect(outcome).toMatchObject({ fate: 'failed', effects: 'partial' })
    expect(await bench.notes()).toEqual([1])
  })

  test('a procedure that commits on its way and then fails is told as partial', async () => {
    await bench.admin.query(`create or replace procedure half() language plpgsql as
      $$ begin insert into notes values (1); commit; raise exception 'boom'; end $$`)
    const { outcome } = await bench.run(`await db.query('call half()')`, { mode })
    expect(outcome).toMatchObject({ fate: 'failed', effects: 'partial' })
    expect(await bench.notes()).toEqual([1])
  })

  test.each(['select * from adding', 'select 1 === 2'])(
    'what was judged a read runs READ ONLY, so that it can not write: %s',
    async (statement) => {
      const { outcome, intents } = await bench.run(
        `await db.query(${JSON.stringify(statement)}).catch(() => {}); throw new Error('no')`,
        { mode },
      )
      const { readOnly } = intents[0] ?? {}
      const kept = await bench.notes()
      if (readOnly) expect([outcome, kept]).toEqual([expect.objectContaining({ effects: 'none' }), []])
      else expect(outcome).toMatchObject({ fate: 'failed', effects: 'partial' })
    },
  )

  test('a function that may write runs as a write, and is told as one', async () => {
    const { outcome, intents } = await bench.run(
      `await db.query('select add_note(3)'); throw new Error('no')`,
      { mode },
    )
    expect(intents.map(({ readOnly }) => readOnly)).toEqual([false])
    expect(outcome).toMatchObject({ fate: 'failed', effects: 'partial' })
    expect(await bench.notes()).toEqual([3])
  })

  test('a refused write is undone by the database, and reads alone leave nothing', async () => {
    const refusedWrite = await bench.run(`await db.query('insert into notes values (1), (1)')`, { mode })
    expect(refusedWrite.outcome).toMatchObject({ fate: 'failed', effects: 'rolled-back' })
    const reads = await bench.run(`await db.query('select 1'); throw new Error('no')`, { mode })
    expect(reads.outcome).toMatchObject({ fate: 'failed', effects: 'none' })
  })
})

describe.each(['single', 'per-statement'] as const)('transactions of a script (%s)', (mode) => {
  const insert = (id: number) => `insert into notes values (${id})`
  const laterThan = (id: number) => `insert into notes select ${id} from pg_sleep(0.2)`

  test('two at once: the second waits, and its failure undoes nothing of the first', async () => {
    const { outcome, returned, head } = await bench.run(
      `const told = await Promise.allSettled([
         db.transaction(async (tx) => { await tx.query('${laterThan(1)}'); await tx.query('${insert(2)}'); return 'kept' }),
         db.transaction(async (tx) => { await tx.query('${insert(3)}'); throw new Error('no') }),
       ])
       return told.map(({ value, reason }) => value ?? reason.message)`,
      { mode },
    )
    expect(outcome).toEqual({ fate: 'executed' })
    expect(returned).toEqual(['kept', 'no'])
    expect(outcomesOf(head.statements)).toEqual(['executed', 'executed', 'rolled-back'])
    expect(await bench.notes()).toEqual([1, 2])
  })

  test('a statement from outside waits for the end, and is not undone with it', async () => {
    const { outcome, head } = await bench.run(
      `await Promise.allSettled([
         db.transaction(async (tx) => { await tx.query('${laterThan(1)}'); throw new Error('no') }),
         db.query('${insert(2)}'),
       ])`,
      { mode },
    )
    expect(outcome).toEqual({ fate: 'executed' })
    expect(outcomesOf(head.statements)).toEqual(['rolled-back', 'executed'])
    expect(await bench.notes()).toEqual([2])
  })

  test('nested ones are savepoints of the one that they stand in, by whichever name they are called', async () => {
    const { outcome, returned } = await bench.run(
      `const no = () => { throw new Error('no') }
       await db.transaction(async (tx) => {
         await tx.query('${insert(1)}')
         await tx.transaction(async (inner) => { await inner.query('${insert(2)}'); no() }).catch(() => {})
         await db.transaction(async () => { await db.query('${insert(3)}'); await db.transaction(async (deep) => { await deep.query('${insert(4)}') }) })
         await Promise.all([5, 6].map((id) => tx.transaction((inner) => inner.query('insert into notes values ($1)', [id]))))
       })
       return 'done'`,
      { mode },
    )
    expect([outcome, returned]).toEqual([{ fate: 'executed' }, 'done'])
    expect(await bench.notes()).toEqual([1, 3, 4, 5, 6])
  })

  test('a transaction that has ended takes no more calls', async () => {
    const { returned } = await bench.run(
      `let late
       await db.transaction(async (tx) => { late = tx; await tx.query('${insert(1)}') })
       return await db.transaction(() => late.query('${insert(2)}')).catch((error) => error.message)`,
      { mode },
    )
    expect(returned).toBe('This db.transaction has ended.')
    expect(await bench.notes()).toEqual([1])
  })

  test('a call that waits for a transaction which waits for it is told so', async () => {
    const { returned } = await bench.run(
      `const step = Promise.withResolvers()
       step.promise.then(() => db.query('${insert(2)}')).catch((error) => step.told(error.message))
       return await db.transaction(async (tx) => { await tx.query('${insert(1)}'); step.resolve(); return await new Promise((told) => { step.told = told }) })`,
      { mode },
    )
    expect(returned).toMatch(/^This call waits for a db.transaction that is open/)
    expect(await bench.notes()).toEqual([1])
  })
})

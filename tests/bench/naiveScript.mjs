// The design that the sandbox replaces, for comparison: a forked Node with everything that Node may do and the password at hand.
import pg from 'pg'

process.once('message', async ({ target, source }) => {
  const db = new pg.Client(target)
  await db.connect()
  const AsyncFunction = (async () => {}).constructor
  const returned = await new AsyncFunction('db', source)(db)
  await db.end()
  process.send({ returned }, () => process.exit(0))
})

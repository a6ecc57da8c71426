import { randomUUID } from 'node:crypto'
import { signAccessToken } from '@sre-portal/platform/accessToken'
import { connectEventStore } from '@sre-portal/platform/eventStore'
import { historyWriter, system, type Someone } from '@sre-portal/platform/testing/historyWriter'
import { withClient } from '@sre-portal/infra/databases.ts'
import type { World } from './world.ts'

/** A log of some hundred events, and people who are signed in. */
export interface Company {
  /** How many events there are. */
  events: number
  tokens: string[]
  /** Writes one more event. */
  happen: () => Promise<void>
  close: () => Promise<void>
}

const names = ['Ada Root', 'Grace Park', 'Noor Aziz']

export async function foundCompany(world: World, renamings: number): Promise<Company> {
  const store = connectEventStore(world.storeUrl)
  const write = historyWriter(store)
  const people: Someone[] = []
  for (const name of names) people.push(await write.user(name, 'ADMIN'))
  const [{ id } = { id: '' }] = people
  const rename = (count: number) =>
    write.append(
      'user',
      id,
      system,
      ...Array.from({ length: count }, (_, n) => ({
        type: 'UserRenamed' as const,
        data: { name: `Ada ${n + 1}` },
      })),
    )
  await rename(renamings)
  // One session a person, under the person's own id.
  await withClient(world.database.adminUrl, async (client) => {
    for (const person of people)
      await client.query(
        'insert into record.sessions (session_id, user_id, started_at) values ($1, $1, now())',
        [person.id],
      )
  })
  return {
    events: people.length + renamings,
    tokens: people.map((person) =>
      signAccessToken(world.jwtSecret, { userId: person.id, sessionId: person.id }, randomUUID()),
    ),
    happen: async () => void (await rename(1)),
    close: () => store.close(),
  }
}

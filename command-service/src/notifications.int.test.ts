import { Client } from 'pg'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { newCast, startCommandService, type Cast, type CommandService } from './testing/commandService.ts'

let service: CommandService
let cast: Cast
let client: Client
const told: (string | undefined)[] = []
beforeAll(async () => {
  service = await startCommandService()
  cast = await newCast(service)
  client = new Client({ connectionString: service.adminUrl })
  await client.connect()
  client.on('notification', ({ payload }) => told.push(payload))
  await client.query('listen notifications_read')
})
afterAll(async () => {
  await client.end()
  await service.close()
})

const read = (who: { token: string }, upTo: string) =>
  service.api('POST', '/api/notifications/read', { token: who.token, body: { upTo } })
async function stored() {
  const { rows } = await client.query<{ user_id: string; read_up_to: string }>(
    'select user_id, read_up_to from record.notification_reads order by read_up_to',
  )
  return rows
}

it('keeps how far each person has read, never moves back, and tells only when it moved', async () => {
  const answers = [
    await read(cast.grace, '20'),
    await read(cast.grace, '10'),
    await read(cast.grace, '20'),
    await read(cast.dana, '7'),
    await read(cast.grace, '30'),
  ]
  expect(answers.map(({ status }) => status)).toEqual([204, 204, 204, 204, 204])
  expect(await stored()).toEqual([
    { user_id: cast.dana.id, read_up_to: '7' },
    { user_id: cast.grace.id, read_up_to: '30' },
  ])
  await vi.waitFor(() => expect(told).toHaveLength(3))
  expect(told).toEqual([cast.grace.id, cast.dana.id, cast.grace.id])
})

it('refuses what is no position, and nobody who is not signed in reads', async () => {
  const before = await stored()
  for (const upTo of ['', 'all', '-1', '9223372036854775808', 7])
    expect([upTo, (await read(cast.grace, upTo as string)).status]).toEqual([upTo, 400])
  expect((await service.api('POST', '/api/notifications/read', { body: { upTo: '400' } })).status).toBe(401)
  expect(await stored()).toEqual(before)
})

import { startEventStore } from '@sre-portal/infra/event-store/server.ts'
import { testDatabase } from './postgres.ts'

/** The embedded event store on a free port, with an empty log in a database of its own. */
export async function testEventStore(): Promise<{ connectionString: string; close: () => Promise<void> }> {
  const database = await testDatabase()
  const store = await startEventStore({
    postgresUrl: database.url,
    host: '127.0.0.1',
    port: 0,
    log: () => {},
  })
  return {
    connectionString: store.connectionString,
    close: async () => {
      await store.close()
      await database.drop()
    },
  }
}

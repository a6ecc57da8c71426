import { MongoClient } from 'mongodb'
import { findMongoServer } from '@sre-portal/infra/mongo/testServer.ts'
import type { Mark } from './history.ts'

/** A MongoDB in which requests leave their marks. */
export interface MongoMarks {
  url: string
  database: string
  marks: () => Promise<Mark[]>
  close: () => Promise<void>
}

/** Finds or starts a server; `missing` are the words with which tests are skipped where there is none. */
export async function openMongoMarks(): Promise<
  { mongo: MongoMarks; missing: null } | { mongo: null; missing: string }
> {
  const { server, missing } = await findMongoServer()
  if (!server) return { mongo: null, missing }
  // A server that is given may hold other things.
  const database = `sre_portal_faults_${process.pid}`
  const client = new MongoClient(server.url)
  const collection = client.db(database).collection<{ text: string }>('marks')
  return {
    missing: null,
    mongo: {
      url: server.url,
      database,
      marks: async () => (await collection.find().toArray()).map(({ text }) => ({ text, application: null })),
      close: async () => {
        await client.db(database).dropDatabase()
        await client.close()
        await server.stop()
      },
    },
  }
}

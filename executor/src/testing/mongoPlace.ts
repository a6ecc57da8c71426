import { MongoClient, type Collection, type Document } from 'mongodb'
import type { MongoServer } from '@sre-portal/infra/mongo/testServer.ts'
import type { MongoTarget } from '../mongo/connection.ts'
import { thisMachine } from './thisMachine.ts'

/** A database of its own at a test server, and a client that looks at it past the executor. */
export interface MongoPlace {
  client: MongoClient
  target: MongoTarget
  collection(name: string): Collection<Document>
  close(): Promise<void>
}

export async function mongoPlace(server: MongoServer, database: string): Promise<MongoPlace> {
  const client = new MongoClient(server.url, { promoteValues: false, bsonRegExp: true })
  await client.connect()
  return {
    client,
    target: {
      endpoint: { kind: 'uri', uri: server.url },
      database,
      username: '',
      password: '',
      addresses: thisMachine,
    },
    collection: (name) => client.db(database).collection(name),
    close: async () => {
      await client.db(database).dropDatabase()
      await client.close()
      await server.stop()
    },
  }
}

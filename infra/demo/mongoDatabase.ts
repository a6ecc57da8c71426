import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { MongoClient, MongoServerError } from 'mongodb'
import type { MongoProduct } from '../mongo/program.ts'
import type { MongoPasswords } from '../stack/secrets.ts'
import { demoCollections } from './mongoDocuments.ts'

export const demoMongoDatabase = 'demo'
const writer = 'demo_rw'
const batchSize = 1000

/** How the portal signs in: by nothing where the server knows no logins. */
export interface MongoLogin {
  username: string
  password: string
}

/** Makes the logins and loads open data, where they are not there yet; `marker` is written when they are. */
export async function loadDemoMongo(
  { url, product, marker }: { url: string; product: MongoProduct; marker: string },
  passwords: MongoPasswords,
  onProgress: (text: string) => void,
): Promise<MongoLogin> {
  const knowsLogins = product === 'mongodb'
  if (knowsLogins) await ensureAdministrator(url, passwords.admin)
  const auth = { username: 'admin', password: passwords.admin }
  const client = new MongoClient(url, knowsLogins ? { auth, authSource: 'admin' } : {})
  try {
    if (knowsLogins) await ensureWriter(client, passwords.writer)
    if (!existsSync(marker)) {
      onProgress(`Loading open data into the MongoDB database ${demoMongoDatabase}`)
      await load(client)
      await writeFile(marker, '')
    }
  } finally {
    await client.close()
  }
  return knowsLogins ? { username: writer, password: passwords.writer } : { username: '', password: '' }
}

/** The first user may be made from this machine without signing in; later ones may not, and then it is there. */
async function ensureAdministrator(url: string, password: string): Promise<void> {
  const client = new MongoClient(url)
  try {
    await client.db('admin').command({ createUser: 'admin', pwd: password, roles: ['root'] })
  } catch (error) {
    if (!(error instanceof MongoServerError)) throw error
  } finally {
    await client.close()
  }
}

async function ensureWriter(client: MongoClient, password: string): Promise<void> {
  // Users are looked for where the portal signs in: in admin, the driver's default.
  const admin = client.db('admin')
  const roles = [{ role: 'readWrite', db: demoMongoDatabase }]
  const known = await admin.command({ usersInfo: writer })
  const there = Array.isArray(known['users']) && known['users'].length > 0
  await admin.command({ [there ? 'updateUser' : 'createUser']: writer, pwd: password, roles })
}

async function load(client: MongoClient): Promise<void> {
  const database = client.db(demoMongoDatabase)
  for (const { name, documents } of await demoCollections()) {
    const collection = database.collection(name)
    await collection.deleteMany({})
    for (let from = 0; from < documents.length; from += batchSize)
      await collection.insertMany(documents.slice(from, from + batchSize))
  }
  await database.collection('movies').createIndex({ title: 1 })
  await database.collection('movies').createIndex({ released: 1 })
}

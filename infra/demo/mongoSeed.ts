import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { instanceListSchema } from '@sre-portal/contracts'
import { demoAccounts, demoPassword } from './accounts.ts'
import { signIn, type Api } from './api.ts'
import { demoMongoDatabase, type MongoLogin } from './mongoDatabase.ts'
import { playDemoRequests, type Play } from './requests.ts'
import type { SeedOptions } from './seed.ts'

/** Made when everything is there; later starts leave alone what visitors did with it. */
export const mongoSeededMarker = 'demo-mongo-seeded'

const instanceName = 'demo-mongo'
const plays: Play[] = [
  {
    name: 'mongo-best',
    by: 'developer',
    on: 'mongo',
    database: demoMongoDatabase,
    pod: 'cinema',
    comment: 'Which thrillers do audiences like best?\nFor the film evening.',
    content: `db.movies
  .find({ genre: "Thriller/Suspense", "scores.imdb": { $gte: 8 } }, { title: 1, released: 1, scores: 1 })
  .sort({ "scores.imdb": -1, title: 1 })
  .limit(20)`,
    approvedBy: 'other',
  },
  {
    name: 'mongo-directors-script',
    by: 'developer',
    on: 'mongo',
    database: demoMongoDatabase,
    pod: 'cinema',
    comment: 'Who directed most of our films?',
    fileName: 'directors.js',
    content: `const counts = new Map()
for await (const { director } of db.collection('movies').find({ director: { $exists: true } }))
  counts.set(director, (counts.get(director) ?? 0) + 1)
const first = [...counts].sort(([, a], [, b]) => b - a).slice(0, 10)
for (const [director, films] of first) console.log(director, films)
return Object.fromEntries(first)
`,
    approvedBy: 'other',
  },
]

/** Registers the demonstration's MongoDB as an instance, or tells the portal how it is reached now; the first time plays requests on it. */
export async function seedDemoMongo(
  {
    services,
    dataDir,
    signal,
    onProgress,
  }: Pick<SeedOptions, 'services' | 'dataDir' | 'signal' | 'onProgress'>,
  port: number,
  login: MongoLogin,
): Promise<void> {
  const admin = await signIn(services, { email: demoAccounts.admin.email, password: demoPassword }, signal)
  const marker = join(dataDir, mongoSeededMarker)
  const endpoint = { kind: 'host', host: '127.0.0.1', port, tls: false } as const
  if (existsSync(marker)) return correctInstance(admin, { endpoint, ...login })
  onProgress('Adding the MongoDB to the demonstration, and playing two requests on it')
  const { id, position } = await admin.send(
    'POST',
    '/api/instances',
    {
      name: instanceName,
      engine: 'mongodb',
      environment: 'staging',
      endpoint,
      databases: [demoMongoDatabase],
      ...login,
    },
    `demo-instance-${instanceName}`,
  )
  await correctInstance(admin, { endpoint, ...login }, position)
  await playDemoRequests({ services, signal, instances: { mongo: id }, plays })
  await writeFile(marker, '')
}

interface Connection extends MongoLogin {
  endpoint: { kind: 'host'; host: string; port: number; tls: boolean }
}

/** It may answer at another port than last time, and another program, which knows logins, may have taken its place. */
async function correctInstance(
  admin: Api,
  { endpoint, ...login }: Connection,
  position = '0',
): Promise<void> {
  const { items } = await admin.get(
    `/api/instances?q=${instanceName}&retired=false&limit=200&minPosition=${position}`,
    instanceListSchema,
  )
  const found = items.find(({ name, retired }) => name === instanceName && !retired)
  const known = found?.connection
  if (!found || !known || known.endpoint.kind !== 'host') return
  if (known.endpoint.port === endpoint.port && known.username === login.username) return
  const key = `demo-instance-mongo-${found.revision}-${endpoint.port}`
  await admin.send('PATCH', `/api/instances/${found.id}`, { endpoint, ...login }, key)
}

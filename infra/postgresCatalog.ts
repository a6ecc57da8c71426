import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { withClient } from './databases.ts'
import { catalogFile, catalogText, readCatalog } from './postgres/catalog.ts'
import { removePostgresData } from './postgres/remove.ts'
import { startPostgres } from './postgres/server.ts'

/** `npm run postgres-catalog`: writes down what the embedded PostgreSQL brings along, after it has become another version. */
const folder = await mkdtemp(join(tmpdir(), 'sre-portal-catalog-'))
const dataDir = join(folder, 'postgres')
const postgres = await startPostgres({ dataDir, adminPassword: 'catalog', port: 0, durable: false })
try {
  await writeFile(catalogFile, catalogText(await withClient(postgres.adminUrl, readCatalog)))
} finally {
  await postgres.stop()
  await removePostgresData(dataDir)
  await rm(folder, { recursive: true, force: true })
}

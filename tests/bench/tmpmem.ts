import { EventStoreDBClient } from '@eventstore/db-client'
import { withClient, inDatabase } from '@sre-portal/infra/databases.ts'
import { fill, readAll } from './eventStoreFigures.ts'
import { startEventStoreProcess } from './eventStoreProcess.ts'
const base='postgres://postgres@127.0.0.1:55461/postgres'
const name='tmpmem'+process.pid
await withClient(base,(c)=>c.query(`CREATE DATABASE ${name}`))
const s=await startEventStoreProcess(inDatabase(base,name),process.argv.slice(2))
const c=EventStoreDBClient.connectionString(s.connectionString)
console.log('start',s.startMs,s.memoryMb())
for(let i=0;i<3;i++){await fill(c,40000); console.log('filled',s.memoryMb())}
console.log('read',await readAll(c,120000),s.memoryMb())
await c.dispose(); await s.stop()
await withClient(base,(c)=>c.query(`DROP DATABASE ${name} WITH (FORCE)`))

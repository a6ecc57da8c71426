import { randomUUID } from 'node:crypto'
import type { TestPortal, TestRequest } from '@sre-portal/executor/testing/portal'
import type { MarkedRequest } from './history.ts'

/** Kinds of requests that leave a mark when they are committed. */
export const postgresKinds = ['query', 'script', 'script, each statement by itself'] as const
export const mongoKinds = ['MongoDB query', 'MongoDB script'] as const
export type Kind = (typeof postgresKinds)[number] | (typeof mongoKinds)[number]

const insert = (mark: string) => `insert into marks (text) values ('${mark}')`

/** A request that writes its mark once, and reads a little before and after. */
export function requestOf(kind: Kind, mark: string): TestRequest {
  switch (kind) {
    case 'query':
      return { content: `select 1; ${insert(mark)}; select count(*) from marks` }
    case 'script':
      return { kind: 'script', content: scriptOf(mark) }
    case 'script, each statement by itself':
      return { kind: 'script', mode: 'per-statement', content: scriptOf(mark) }
    case 'MongoDB query':
      return {
        engine: 'mongodb',
        content: `db.marks.findOne({}); db.marks.insertOne({ text: "${mark}" }); db.marks.countDocuments({})`,
      }
    case 'MongoDB script':
      return {
        engine: 'mongodb',
        kind: 'script',
        content: `const marks = db.collection('marks'); await marks.findOne({}); await marks.insertOne({ text: '${mark}' }); return await marks.countDocuments({})`,
      }
  }
}

const scriptOf = (mark: string) =>
  `await db.query("select 1"); await db.query("${insert(mark)}"); return (await db.query("select 1 as one")).rows`

/** Submits and approves a request of a kind. */
export async function approveMarked(portal: TestPortal, kind: Kind): Promise<MarkedRequest> {
  const mark = `mark-${randomUUID()}/1`
  return { requestId: await portal.approved(requestOf(kind, mark)), marks: [mark] }
}

/** The table in which requests leave their marks, empty. */
export const prepareMarks = (portal: TestPortal) =>
  portal.target.query(`
    drop table if exists marks;
    create table marks (text text, application text default current_setting('application_name'))`)

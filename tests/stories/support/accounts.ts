import { randomBytes } from 'node:crypto'
import type { Role } from '@sre-portal/contracts'
import type { Api } from './api.ts'

export interface Account {
  id: string
  name: string
  email: string
  password: string
}

/** An account of a story's own, so that what is done to it disturbs no other story. */
export async function makeAccount(admin: Api, role: Role, name: string): Promise<Account> {
  const mark = randomBytes(4).toString('hex')
  const account = {
    email: `story-${mark}@people.example`,
    name: `${name} ${mark}`,
    password: `long-enough-${mark}`,
  }
  const { id } = await admin.send('POST', '/api/users', { ...account, role })
  return { id, ...account }
}

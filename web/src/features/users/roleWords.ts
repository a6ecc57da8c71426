import type { Role } from '@sre-portal/contracts'

/** What each role is called and what it grants, as in the table of roles. */
export const roleWords: Record<Role, { word: string; grants: string[] }> = {
  DEVELOPER: {
    word: 'Developer',
    grants: ['Submits queries and scripts', 'Sees their own requests'],
  },
  MANAGER: {
    word: 'Manager',
    grants: [
      'Submits queries and scripts',
      'Sees their own requests and those of the pods they manage',
      'Approves and rejects requests of the pods they manage, never their own',
    ],
  },
  ADMIN: {
    word: 'Admin',
    grants: [
      'Submits queries and scripts',
      'Sees all requests and rejects any, but approves none',
      'Sees the audit log',
      'Manages users, pods and instances',
    ],
  },
}

/** Printed for everybody to read, and therefore refused outside the demonstration (addresses at demo.example). */
export const demoPassword = 'only-for-the-demo'

/** One account for each part a person can play, and a second manager who decides for another pod. */
export const demoAccounts = {
  developer: { email: 'developer@demo.example', name: 'Devi Rao', role: 'DEVELOPER', plays: 'developer' },
  manager: {
    email: 'manager@demo.example',
    name: 'Mara Lindqvist',
    role: 'MANAGER',
    plays: 'manager of the pod Aviation',
  },
  deputy: {
    email: 'deputy@demo.example',
    name: 'Jonas Weber',
    role: 'MANAGER',
    plays: 'deputy in the pod Aviation',
  },
  other: {
    email: 'manager2@demo.example',
    name: 'Ines Moreau',
    role: 'MANAGER',
    plays: 'manager of the pod Cinema',
  },
  admin: { email: 'admin@demo.example', name: 'Ada Okafor', role: 'ADMIN', plays: 'administrator' },
} as const
export type DemoPerson = keyof typeof demoAccounts

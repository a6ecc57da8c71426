import type { Engine } from '@sre-portal/contracts'

export const engineNames: Record<Engine, string> = { postgresql: 'PostgreSQL', mongodb: 'MongoDB' }

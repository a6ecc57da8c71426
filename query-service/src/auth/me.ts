import type { SessionUser } from '@sre-portal/contracts'
import type { Asked } from '../http/asked.ts'
import { decidedPods } from '../reader.ts'

/** GET /api/auth/me */
export const readMe = ({ reader }: Asked): SessionUser => ({
  id: reader.id,
  email: reader.email,
  name: reader.name,
  role: reader.role,
  managedPods: decidedPods(reader),
})

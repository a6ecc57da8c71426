import { commandRoutes } from './commandRoutes.ts'
import type { RouteDescription } from './description.ts'
import { otherQueryRoutes, queryRoutes } from './queryRoutes.ts'

/** Every route of the API, whichever service answers it, by operation. */
export const routes: Readonly<Record<string, RouteDescription>> = {
  ...queryRoutes,
  ...otherQueryRoutes,
  ...commandRoutes,
}

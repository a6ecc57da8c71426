import type { Request } from 'express'
import { DomainError } from '@sre-portal/domain'
import type { z } from 'zod'

/** The checked query of a URL: no parameter twice, none that the schema doesn't know. @throws DomainError, ZodError */
export function readQuery<S extends z.ZodObject>(schema: S, request: Request): z.output<S> {
  const given = Object.entries(request.query)
  const faults = given.flatMap(([path, value]) => {
    if (typeof value !== 'string') return [{ path, message: 'may be given only once' }]
    return Object.hasOwn(schema.shape, path) ? [] : [{ path, message: 'is not a parameter of this route' }]
  })
  if (faults.length > 0) throw new DomainError('invalid', 'The query of the URL is not valid.', faults)
  return schema.parse(Object.fromEntries(given))
}

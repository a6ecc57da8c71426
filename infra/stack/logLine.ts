import { z } from 'zod'

const entrySchema = z.looseObject({
  level: z.string(),
  time: z.string(),
  msg: z.string().default(''),
  req: z.object({ method: z.string(), url: z.string() }).optional(),
  res: z.object({ statusCode: z.int() }).optional(),
  responseTime: z.number().optional(),
  err: z.looseObject({ message: z.string(), stack: z.string().optional() }).optional(),
})

const known = new Set([
  'level',
  'time',
  'msg',
  'service',
  'req',
  'res',
  'responseTime',
  'err',
  'v',
  'pid',
  'hostname',
])

export interface ShownLine {
  level: string
  text: string
  /** A request that was answered; of interest only when looking for something. */
  routine: boolean
}

/** A service's line of JSON as one short line for people; any other line as it is. */
export function shortenLogLine(line: string): ShownLine {
  const entry = parse(line)
  if (!entry)
    return { level: /\b(Error|FATAL|PANIC)\b.*: /.test(line) ? 'error' : 'info', text: line, routine: false }
  const { level, req, res, responseTime, err } = entry
  const request = req ? ` ${req.method} ${req.url}${res ? ` ${res.statusCode}` : ''}` : ''
  const took = responseTime === undefined ? '' : ` ${Math.round(responseTime)} ms`
  const rest = Object.entries(entry)
    .filter(([name]) => !known.has(name))
    .map(([name, value]) => ` ${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join('')
  const cause = err && !entry.msg.includes(err.message) ? `: ${err.message}` : ''
  const stack = level === 'error' || level === 'fatal' ? framesOf(err?.stack) : ''
  const clock = entry.time.slice(11, 19)
  const routine = level === 'info' && res !== undefined && res.statusCode < 500
  return {
    level,
    routine,
    text: `${clock} ${level.padEnd(5)} ${entry.msg}${cause}${request}${took}${rest}${stack}`,
  }
}

const framesOf = (stack: string | undefined) =>
  (stack ?? '')
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .slice(0, 5)
    .map((line) => `\n${line}`)
    .join('')

function parse(line: string) {
  if (!line.startsWith('{')) return undefined
  try {
    return entrySchema.safeParse(JSON.parse(line)).data
  } catch {
    return undefined
  }
}

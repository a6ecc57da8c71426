import { pino, type DestinationStream, type Logger } from 'pino'

export type Log = Logger

const secretFields = [
  'password',
  'newPassword',
  'currentPassword',
  'accessToken',
  'refreshToken',
  'authorization',
  'cookie',
  'uri',
  'connectionString',
  'ciphertext',
]
const redacted = secretFields.flatMap((name) => [name, `*.${name}`, `*.*.${name}`])

/** One line of JSON per entry, on standard output unless it is told elsewhere. Fields that may hold a secret are removed by name, at any depth to three. */
export const createLog = (service: string, level: string, destination?: DestinationStream): Log =>
  pino(
    {
      level,
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: redacted, censor: '[removed]' },
      formatters: { level: (label) => ({ level: label }) },
    },
    destination ?? pino.destination(1),
  )

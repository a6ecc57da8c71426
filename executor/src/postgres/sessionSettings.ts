import type { SessionBounds } from './target.ts'

/** Settings of a session that decide what a text means, what is kept and how long it may take; name and value by the server's own words. */
export type SessionSettings = ReadonlyMap<string, string | null>

/** Pinned at these values: the parser read the text, and the portal reads the rows, as if nothing else were possible. */
const meaning: Record<string, string> = {
  client_encoding: 'UTF8',
  standard_conforming_strings: 'on',
  backslash_quote: 'safe_encoding',
  bytea_output: 'hex',
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  xmloption: 'content',
  extra_float_digits: '1',
  array_nulls: 'on',
  transform_null_equals: 'off',
}

/**
 * Left as the server's administrator has them, but not to be changed by what runs: who acts, what is kept, and the texts of values (names in quotes,
 * bytes within XML, money, what to_char writes, what EST stands for).
 */
const asFound = [
  'session_replication_role',
  'role',
  'session_authorization',
  'row_security',
  'synchronous_commit',
  'transaction_timeout',
  'idle_session_timeout',
  'quote_all_identifiers',
  'xmlbinary',
  'lc_monetary',
  'lc_numeric',
  'lc_time',
  'timezone_abbreviations',
  'password_encryption',
]

/** Those that the server reports by itself when they change, in the spelling of its reports. */
export const reportedSettings = [
  'client_encoding',
  'standard_conforming_strings',
  'DateStyle',
  'IntervalStyle',
  'session_authorization',
]

/** Not every server can watch its client's socket (macOS, Windows): such a one refuses this setting alone. */
const watchesClient = { name: 'client_connection_check_interval', value: '500', sinceMajor: 14 }

const literal = (text: string) => `'${text.replaceAll("'", "''")}'`

const limits = (bounds: SessionBounds): Record<string, string> => ({
  statement_timeout: String(bounds.statementTimeoutMs),
  lock_timeout: String(bounds.lockTimeoutMs),
  idle_in_transaction_session_timeout: String(bounds.statementTimeoutMs),
})

type Ask = (query: string) => Promise<(string | null)[][]>

/** Sets what is pinned for the whole session; answers every setting that has to stay as it is now. */
export async function pinSettings(
  ask: Ask,
  serverMajor: number,
  bounds: SessionBounds,
): Promise<SessionSettings> {
  const [found] = await ask(readQuery(asFound))
  const pinned: Record<string, string> = { ...meaning, ...limits(bounds) }
  // An answer to COMMIT that a crash can take back is none.
  if (found?.[asFound.indexOf('synchronous_commit')] === 'off') pinned['synchronous_commit'] = 'on'
  await ask(setQuery(pinned))
  if (serverMajor >= watchesClient.sinceMajor)
    await ask(setQuery({ [watchesClient.name]: watchesClient.value })).catch(() => undefined)
  return readSettings(ask)
}

/** The name of a setting that isn't any more what it was, or null. */
export async function changedSetting(ask: Ask, settings: SessionSettings): Promise<string | null> {
  const now = await readSettings(ask)
  return [...settings].find(([name, value]) => now.get(name) !== value)?.[0] ?? null
}

async function readSettings(ask: Ask): Promise<SessionSettings> {
  const names = [
    ...Object.keys(meaning),
    'statement_timeout',
    'lock_timeout',
    'idle_in_transaction_session_timeout',
    watchesClient.name,
    ...asFound,
  ]
  const [row = []] = await ask(readQuery(names))
  return new Map(names.map((name, index) => [name, row[index] ?? null]))
}

// NULL where a server doesn't know the name.
const readQuery = (names: string[]) =>
  `select ${names.map((name) => `pg_catalog.current_setting(${literal(name)}, true)`).join(', ')}`

const setQuery = (settings: Record<string, string>) =>
  `select ${Object.entries(settings)
    .map(([name, value]) => `pg_catalog.set_config(${literal(name)}, ${literal(value)}, false)`)
    .join(', ')}`

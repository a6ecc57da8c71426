import { volatilityOf } from './catalog.ts'
import type { StatementKind } from './statementKind.ts'

/** What a call does, as far as its name tells. */
export interface Effect {
  kind: StatementKind
  /** The finding's code; null for a plain read. */
  code: string | null
  message: (name: string) => string
  /** True for what stays when the transaction is rolled back. */
  outlastsRollback?: true
}

const plainRead: Effect = { kind: 'read', code: null, message: (name) => `${name}() reads.` }

const unknown: Effect = {
  kind: 'cannot-tell',
  code: 'calls-unknown',
  message: (name) =>
    `${name}() is not one of PostgreSQL's own functions that are known to read only: what it does can't be told from the text.`,
}

const setsSetting: Effect = {
  kind: 'cannot-tell',
  code: 'session-setting',
  message: (name) => `${name}() changes the session.`,
}
const unseenCodes = new Set(['calls-unknown', 'runs-text'])

/** True for what runs code that can't be judged. */
export const isUnseen = ({ code }: { code: string | null }): boolean => code !== null && unseenCodes.has(code)

/** By name, whatever the schema: an extension's function is named here too. The first that fits counts. */
const named: [names: RegExp, effect: Effect][] = [
  [
    /^(nextval|setval)$/,
    lasting('sequence-moves', (name) => `${name}() moves a sequence, and no rollback moves it back.`),
  ],
  [
    /^pg_(try_)?advisory_xact_lock/,
    write('advisory-lock', (name) => `${name}() takes a lock that others may wait for.`),
  ],
  [
    /^pg_(try_)?advisory_/,
    write('advisory-lock', (name) => `${name}() acts on locks of the session, which no rollback gives back.`),
  ],
  [
    /^(pg_file_(write|rename|unlink|sync)|lo_export)$/,
    lasting(
      'server-file',
      (name) => `${name}() changes files of the database's host, which no rollback undoes.`,
    ),
  ],
  [
    /^(pg_read_(binary_)?file|pg_ls_\w+|pg_stat_file|pg_file_\w+|lo_import|pg_hba_file_rules|pg_ident_file_mappings|pg_show_all_file_settings)$/,
    write('server-file', (name) => `${name}() reaches the files of the database's host.`),
  ],
  [
    /^(lo_(?!get$)\w+|loread|lowrite)$/,
    write('large-object', (name) => `${name}() works on large objects, and may change them.`),
  ],
  [
    /^(dblink|http|pg_net)/,
    lasting('remote-call', (name) => `${name}() reaches another server; what it does there is not undone.`),
  ],
  [
    // They act at once, but nothing of it is kept.
    /^(pg_log_(backend_memory_contexts|standby_snapshot)|pg_export_snapshot)$/,
    write('admin-function', (name) => `${name}() acts on the server itself, and no rollback undoes it.`),
  ],
  [
    /^(pg_(terminate|cancel)_backend|pg_reload_conf|pg_rotate_logfile\w*|pg_switch_\w+|pg_promote|pg_(wal|xlog)_replay_(pause|resume)|pg_(create|drop|copy)_\w*slot|pg_replication_slot_advance|pg_logical_slot_\w+|pg_sync_replication_slots|pg_replication_origin_(advance|create|drop|session\w*|xact\w*)|pg_stat_reset\w*|pg_stat_force_\w+|pg_backup_\w+|pg_(start|stop)_backup|pg_create_restore_point|heap_force_\w+|pg_logical_emit_message|pg_import_system_collations|brin_(de)?summarize_\w+|gin_clean_pending_list|binary_upgrade_\w+|pg_(clear|restore)_\w+_stats|pg_nextoid|pg_stop_making_pinned_objects|pg_extension_config_dump)$/,
    lasting('admin-function', (name) => `${name}() acts on the server itself, and no rollback undoes it.`),
  ],
  [/^pg_notify$/, write('notifies', () => 'pg_notify() wakes whoever listens, at COMMIT.')],
  [
    /^(txid_current|pg_current_xact_id)$/,
    write('takes-transaction-id', (name) => `${name}() takes an id for the transaction.`),
  ],
  [
    /_to_xml|^ts_(stat|rewrite)$/,
    {
      kind: 'cannot-tell',
      code: 'runs-text',
      message: (name) => `${name}() may run a query that is given to it as text.`,
    },
  ],
  [
    /^setseed$/,
    {
      kind: 'session',
      code: 'session-setting',
      message: () => 'setseed() sets what random() answers later.',
    },
  ],
  [
    /^pg_sleep(_for|_until)?$/,
    { kind: 'read', code: 'sleeps', message: (name) => `${name}() waits, and keeps its locks meanwhile.` },
  ],
]

/** Volatile by the catalog because they answer something else each time, not because they change anything. */
const readsAlthoughVolatile =
  /^(array_sample|array_shuffle|clock_timestamp|timeofday|current_query|currval|lastval|gen_random_uuid|uuidv[47]|random|random_normal|lo_get|bernoulli|system|txid_status|pg_xact_\w+|pg_blocking_pids|pg_safe_snapshot_blocking_pids|pg_(database_)?collation_actual_version|pg_control_\w+|pg_current_(logfile|wal_\w+)|pg_(database|relation|indexes|table|tablespace|total_relation)_size|pg_get_\w+|pg_is_(in_recovery|wal_replay_paused)|pg_jit_available|pg_last_\w+|pg_lock_status|pg_notification_queue_usage|pg_partition_(ancestors|tree)|pg_prepared_xact|pg_replication_origin_progress|pg_show_replication_origin_status|pg_sequence_last_value|pg_stat_(get_\w+|have_stats|clear_snapshot)|pg_available_wal_summaries|pg_wal_summary_contents)$/

/** What the call of this function does; `schema` is null when the text names none. */
export function effectOf(schema: string | null, name: string): Effect {
  const known = named.find(([names]) => names.test(name))?.[1]
  if (known) return known
  if (schema !== null && schema !== 'pg_catalog') return unknown
  switch (volatilityOf(name)) {
    case 'immutable':
    case 'stable':
      return plainRead
    case 'volatile':
      if (name === 'set_config') return setsSetting
      return readsAlthoughVolatile.test(name) ? plainRead : unknown
    case null:
      return unknown
  }
}

function lasting(code: string, message: (name: string) => string): Effect {
  return { ...write(code, message), outlastsRollback: true }
}

function write(code: string, message: (name: string) => string): Effect {
  return { kind: 'write', code, message }
}

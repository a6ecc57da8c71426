/** What a request may set for its session: what changes neither the meaning of a text, nor limits, nor who acts. */
const allowed = new Set(
  `search_path timezone work_mem maintenance_work_mem hash_mem_multiplier temp_buffers seed
   default_tablespace temp_tablespaces default_table_access_method default_toast_compression default_statistics_target
   default_text_search_config check_function_bodies vacuum_cost_delay vacuum_cost_limit
   random_page_cost seq_page_cost cpu_tuple_cost cpu_index_tuple_cost cpu_operator_cost parallel_setup_cost parallel_tuple_cost
   effective_cache_size effective_io_concurrency maintenance_io_concurrency
   join_collapse_limit from_collapse_limit plan_cache_mode cursor_tuple_fraction constraint_exclusion
   min_parallel_table_scan_size min_parallel_index_scan_size max_parallel_workers max_parallel_workers_per_gather
   max_parallel_maintenance_workers parallel_leader_participation`.split(/\s+/),
)
const allowedPrefixes = /^(enable_|geqo($|_)|jit($|_))/
// Settings of PostgreSQL's own extensions have a dot too, but they change what runs or what is recorded.
const extensionPrefixes =
  /^(plpgsql|plperl|plperlu|pltcl|pltclu|plpython3?u?|plv8|pljava|pgaudit|auto_explain|pg_stat_statements|pg_hint_plan|sepgsql|passwordcheck|anon|pgtle|citus|timescaledb|cron)\./
const application = /^[a-z_][a-z0-9_$]*(\.[a-z_][a-z0-9_$]*)+$/

const mayBeSet =
  'search_path, the time zone, work_mem and its like, the settings of the planner, and settings of your application with a dot (app.user)'

const transaction =
  'The mode of the transaction is set by the portal: reads run READ ONLY, everything else may write.'

/** Why this setting can't be changed by a request, or null. Names are those of `SET`, `RESET` and `set_config`. */
export function settingRefusal(name: string): string | null {
  const setting = name.toLowerCase()
  if (/^(default_)?transaction_(?!timeout)|^transaction|^session characteristics/.test(setting))
    return transaction
  if (allowed.has(setting) || allowedPrefixes.test(setting)) return null
  if (application.test(setting) && !extensionPrefixes.test(setting)) return null
  return `The setting ${setting} can not be changed by a request: it decides what a text means, how long it may take, who acts or what is recorded. A request may set ${mayBeSet}.`
}

export const resetAllRefusal = `RESET ALL and DISCARD are not allowed: they would take back what the portal has set for the session. A request may set, and reset by name, ${mayBeSet}.`

export const unnamedSettingRefusal =
  "The name of the setting has to be written as a text, so that it can be reviewed: set_config('app.user', ...)."

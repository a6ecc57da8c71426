import { plainError } from '@sre-portal/analysis/plainError'
import type { ExecutionError } from '@sre-portal/contracts'

/** Said when a function or a block changed a setting that decides what texts mean, what is kept, or how long a run may take. */
export const settingError = (name: string): ExecutionError =>
  plainError(
    'SETTING_CHANGED',
    `The setting ${name} was changed while the request ran. It decides what texts mean or what bounds a run, and stays as the portal set it.`,
    'Leave it out, or write "set local" for settings such as search_path or work_mem.',
  )

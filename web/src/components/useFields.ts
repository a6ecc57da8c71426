import type { Fault } from '@sre-portal/contracts'
import { nextTick, reactive, ref } from 'vue'
import type { z } from 'zod'
import { asApiError, type ApiError } from '../api/apiError.ts'
import { faultSentence } from './faultSentence.ts'

/** A form's fields with the faults of schema and server at the field they belong to. */
export function useFields<State extends object, Output>(schema: () => z.ZodType<Output>, initial: State) {
  const state = reactive({ ...initial }) as State
  const errors = ref<Record<string, string>>({})
  const failure = ref<ApiError | null>(null)
  const busy = ref(false)

  return { state, errors, failure, busy, check, submit, reset, clear }

  function check(values: unknown = state): Output | null {
    const parsed = schema().safeParse(values)
    errors.value = {}
    if (parsed.success) return parsed.data
    takeFaults(parsed.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message })))
    return null
  }

  /** Checks, sends, and puts what the server finds wrong at the fields; answers whether it was accepted. */
  async function submit(send: (output: Output) => Promise<unknown>, values?: unknown): Promise<boolean> {
    if (busy.value) return false
    failure.value = null
    const output = check(values)
    if (output === null) {
      await focusFirstFault()
      return false
    }
    busy.value = true
    try {
      await send(output)
      return true
    } catch (cause) {
      const error = asApiError(cause)
      takeFaults(error.faults)
      failure.value = error
      await focusFirstFault()
      return false
    } finally {
      busy.value = false
    }
  }

  function takeFaults(faults: Fault[]) {
    for (const fault of faults) {
      const field = fault.path.split('.')[0] ?? ''
      errors.value[field] ??= faultSentence(fault)
    }
  }

  function clear(field: string) {
    const { [field]: _cleared, ...rest } = errors.value
    errors.value = rest
  }

  function reset(values: State) {
    Object.assign(state, values)
    errors.value = {}
    failure.value = null
  }
}

async function focusFirstFault() {
  await nextTick()
  document.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus()
}

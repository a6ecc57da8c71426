import { watch, type Ref } from 'vue'
import type { z } from 'zod'
import { useFields } from './useFields.ts'

/** The fields of a panel: filled anew each time it opens, and it closes when what was typed is saved. */
export function usePanelForm<State extends object>(
  open: Ref<boolean>,
  schema: () => z.ZodType<object>,
  initial: () => State,
) {
  const fields = useFields(schema, initial())
  watch(open, (isOpen) => {
    if (isOpen) fields.reset(initial())
  })

  async function save(send: (body: object) => Promise<unknown>, changes: object) {
    const saved = await fields.submit(send, changes)
    if (saved) open.value = false
    return saved
  }
  return { ...fields, save }
}

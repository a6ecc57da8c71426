import { ref, shallowRef } from 'vue'

/**
 * What opens over a list: a panel or a question about one row, or about none (`null`: a new one). `wasOpened` lets its component
 * be made, and loaded, only when somebody asks for it; it stays, so that it can close in its own time.
 */
export function useOpened<Row>() {
  const isOpen = ref(false)
  const wasOpened = ref(false)
  const subject = shallowRef<Row | null>(null)

  function open(row: Row | null) {
    subject.value = row
    wasOpened.value = true
    isOpen.value = true
  }
  return { isOpen, wasOpened, subject, open }
}

export const newIdempotencyKey = (): string => crypto.randomUUID()

/**
 * The key of what a person is about to send. It stays while the words stay, so that a second press or a retry after a lost
 * connection is the same command; other words are another command.
 */
export function useIdempotencyKey() {
  let key = newIdempotencyKey()
  let sentWords: string | null = null
  return {
    keyFor(words: unknown): string {
      const text = JSON.stringify(words)
      if (sentWords !== null && sentWords !== text) key = newIdempotencyKey()
      sentWords = text
      return key
    },
    renew() {
      key = newIdempotencyKey()
      sentWords = null
    },
  }
}

/** The log position of this client's last command, until some query has shown that the read model has reached it. */
export function createAwaitedPosition() {
  let awaited: string | null = null
  return {
    current: () => awaited,
    expect(position: string) {
      if (awaited === null || BigInt(position) > BigInt(awaited)) awaited = position
    },
    reached(position: string | null) {
      if (
        awaited !== null &&
        position !== null &&
        /^\d+$/.test(position) &&
        BigInt(position) >= BigInt(awaited)
      )
        awaited = null
    },
  }
}
export type AwaitedPosition = ReturnType<typeof createAwaitedPosition>

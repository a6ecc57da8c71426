interface Versioned {
  id: string
  revision: number
}

/**
 * The newest that this client knows of each aggregate. A read model may lag behind an accepted command; a row read with a lower
 * revision then never replaces what is known, it only fills in the rest.
 */
export function createNewest<Facts extends object>() {
  const known = new Map<string, { revision: number; facts: Partial<Facts> }>()

  return {
    /** Takes what a command's answer or a live message told. */
    learn(id: string, revision: number, facts: Partial<Facts>) {
      const before = known.get(id)
      if (before && before.revision >= revision) return
      known.set(id, { revision, facts: { ...before?.facts, ...facts } })
    },
    /** Answers the row as read, or with the newer facts over it. */
    reconcile<T extends Versioned>(row: T): T {
      const newer = known.get(row.id)
      if (newer && newer.revision > row.revision) return { ...row, ...newer.facts, revision: newer.revision }
      return row
    },
    revisionOf: (id: string) => known.get(id)?.revision ?? -1,
    forget: () => known.clear(),
  }
}

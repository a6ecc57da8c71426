import { requestKindSchema, transactionModeSchema } from '@sre-portal/contracts'
import { z } from 'zod'
import type { TabLocks } from './tabLocks.ts'

const draftSchema = z.object({
  kind: requestKindSchema,
  query: z.string(),
  script: z.string(),
  /** Name of the uploaded file; null while the script is typed here. */
  fileName: z.string().nullable(),
  instanceId: z.string(),
  database: z.string(),
  podId: z.string(),
  comment: z.string(),
  ticket: z.string(),
  transactionMode: transactionModeSchema,
  resubmissionOf: z.string().nullable(),
  /** Key of the submission under way, so that a retry after a reload is the same command; gone with the next edit. */
  attempt: z.string().nullable(),
})
export type SubmissionDraft = z.infer<typeof draftSchema>
const keptSchema = draftSchema.partial().extend({ changedAt: z.string().optional() })

export const emptyDraft: SubmissionDraft = {
  kind: 'query',
  query: '',
  script: '',
  fileName: null,
  instanceId: '',
  database: '',
  podId: '',
  comment: '',
  ticket: '',
  transactionMode: 'single',
  resubmissionOf: null,
  attempt: null,
}

/** A draft of another tab, or of one that is gone, as this tab may offer it. */
export interface OfferedDraft {
  id: string
  /** Its first words. */
  title: string
  changedAt: string | null
  /** A tab that is open writes it: it can be copied, not taken away. */
  openElsewhere: boolean
}

interface Parts {
  drafts: Storage
  /** What this tab alone remembers, over reloads. */
  tab: Storage
  locks: TabLocks
  newId: () => string
}

/**
 * One person's drafts on this device: each tab writes one of its own. A reload finds the tab's own again; what other tabs have
 * written, or tabs that are gone, is only offered.
 */
export function openDraftShelf({ drafts, tab, locks, newId }: Parts, userId: string, origin: string | null) {
  const prefix = `sre-portal.drafts.${userId}.${origin ?? 'new'}.`
  const tabKey = `${prefix}mine`

  return { claim, read, write, remove, others, adopt, has: (key: string) => key.startsWith(prefix) }

  /** The id of this tab's own draft. A tab that was duplicated finds the id in use and begins a draft of its own. */
  async function claim(): Promise<string> {
    takeOverOlderLayout()
    const before = tab.getItem(tabKey)
    if (before !== null && (await locks.hold(prefix + before))) return before
    return begin(newId())
  }

  async function begin(id: string): Promise<string> {
    await locks.hold(prefix + id)
    tab.setItem(tabKey, id)
    return id
  }

  function read(id: string): SubmissionDraft | null {
    const kept = keptOf(drafts.getItem(prefix + id))
    if (!kept) return null
    const { changedAt: _changedAt, ...draft } = kept
    return { ...emptyDraft, ...(draft as Partial<SubmissionDraft>) }
  }

  function write(id: string, draft: SubmissionDraft): void {
    drafts.setItem(prefix + id, JSON.stringify({ ...draft, changedAt: new Date().toISOString() }))
  }

  function remove(id: string): void {
    drafts.removeItem(prefix + id)
  }

  async function others(own: string): Promise<OfferedDraft[]> {
    const found: OfferedDraft[] = []
    for (let index = 0; index < drafts.length; index += 1) {
      const key = drafts.key(index)
      const id = key?.startsWith(prefix) ? key.slice(prefix.length) : own
      const kept = id === own ? null : keptOf(drafts.getItem(prefix + id))
      const title = kept ? firstWords(kept) : ''
      if (!kept || title === '') continue
      const openElsewhere = await locks.isHeld(prefix + id)
      found.push({ id, title, changedAt: kept.changedAt ?? null, openElsewhere })
    }
    return found.toSorted((a, b) => (b.changedAt ?? '').localeCompare(a.changedAt ?? ''))
  }

  /** Makes a draft that no open tab writes this tab's own; false when one does. */
  async function adopt(id: string, own: string): Promise<boolean> {
    if (!(await locks.hold(prefix + id))) return false
    locks.release(prefix + own)
    remove(own)
    tab.setItem(tabKey, id)
    return true
  }

  /** Drafts were one a person once, under another name. */
  function takeOverOlderLayout(): void {
    const older = ['sre-portal.draft', userId, ...(origin ? [origin] : [])].join('.')
    const text = drafts.getItem(older)
    if (text === null) return
    drafts.setItem(prefix + newId(), text)
    drafts.removeItem(older)
  }
}
export type DraftShelf = ReturnType<typeof openDraftShelf>

function keptOf(text: string | null): z.infer<typeof keptSchema> | null {
  if (text === null) return null
  try {
    return keptSchema.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}

function firstWords({ comment = '', kind = 'query', query = '', script = '' }: z.infer<typeof keptSchema>) {
  const text = [comment, kind === 'query' ? query : script, query, script].find((each) => each.trim() !== '')
  const line = text?.trim().split(/\r?\n/)[0] ?? ''
  return line.length > 80 ? `${line.slice(0, 80)}…` : line
}

/** What would run. */
export const contentOf = (draft: SubmissionDraft) => (draft.kind === 'query' ? draft.query : draft.script)

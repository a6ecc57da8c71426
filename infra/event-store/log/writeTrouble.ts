import { DatabaseError, type Client } from 'pg'

const probeDelayMs = 2000
const repeatMs = 60_000
const wouldWrite = 'ZZ001'

// Writes events, small ones and a large one, and takes them back: either has files of its own that must grow. The bytes differ, so that they can't be made smaller.
const probe = `
DO $$ BEGIN
  INSERT INTO eventlog.events (position, stream_key, revision, id, type, is_json, created, data, metadata)
  SELECT 9223372036854775807 - n, -1, n, gen_random_uuid(), 'probe', false, now(),
    (SELECT string_agg(uuid_send(gen_random_uuid()), '') FROM generate_series(1, CASE n WHEN 0 THEN 8192 ELSE 100 END)), ''
  FROM generate_series(0, 100) n;
  RAISE EXCEPTION 'it would be written' USING ERRCODE = '${wouldWrite}';
END $$`

/** Whether the database takes what is written, which its session alone doesn't tell: a full disk refuses every write and ends nothing. */
export class WriteTrouble {
  private readonly log: (line: string) => void
  private toldAt = -Infinity
  private isFailing = false
  private timer: NodeJS.Timeout | undefined

  constructor(log: (line: string) => void) {
    this.log = log
  }

  get isThere(): boolean {
    return this.isFailing
  }

  /** A write failed; until one succeeds, or the probe on this session does, there is trouble. It is told once a minute. */
  failed(reason: string, session: () => Client | undefined): void {
    this.isFailing = true
    if (performance.now() - this.toldAt > repeatMs) {
      this.toldAt = performance.now()
      this.log(`A write failed: ${reason}`)
    }
    this.timer ??= setTimeout(() => {
      this.timer = undefined
      void this.look(reason, session)
    }, probeDelayMs).unref()
  }

  succeeded(): void {
    if (!this.isFailing) return
    this.isFailing = false
    this.toldAt = -Infinity
    this.log('Writes succeed again.')
  }

  close(): void {
    clearTimeout(this.timer)
    this.timer = undefined
  }

  private async look(reason: string, session: () => Client | undefined): Promise<void> {
    if (!this.isFailing) return
    const client = session()
    try {
      await client?.query(probe)
      this.failed(reason, session)
    } catch (error) {
      if (error instanceof DatabaseError && error.code === wouldWrite) this.succeeded()
      else this.failed(error instanceof Error ? error.message : String(error), session)
    }
  }
}

import { randomUUID } from 'node:crypto'
import type { EventLog } from '../log/eventLog.ts'
import { configStream } from '../log/firstEvents.ts'
import { failedWriteError, notReadyError } from '../streams/streamErrors.ts'
import { uuidBytes } from '../wire/uuid.ts'
import { PersistentGroup } from './group.ts'
import { checkpointStream, keyText, parkedStream, type GroupKey } from './groupKey.ts'
import type { GroupDefinition } from './groupSettings.ts'
import { alreadyExists, doesNotExist } from './persistentErrors.ts'

const configType = '$PersistentConfig'

interface StoredConfig {
  version: 1
  entries: GroupDefinition[]
}

/** All persistent subscriptions, and their definitions in a stream of the log itself. */
export class GroupRegistry {
  private readonly log: EventLog
  private readonly report: (line: string) => void
  private readonly groups = new Map<string, PersistentGroup>()
  private readonly knownSources = new Set<string>()
  private readonly running = new Set<Promise<void>>()
  private changing: Promise<void> = Promise.resolve()

  constructor(log: EventLog, report: (line: string) => void) {
    this.log = log
    this.report = report
  }

  async load(): Promise<void> {
    const view = await this.log.viewOf(configStream)
    const { records } = await this.log.readStream(view, Infinity, 1, false)
    if (!records[0]) return
    const config = JSON.parse(records[0].data.toString('utf8')) as StoredConfig
    for (const definition of config.entries) await this.start(definition)
  }

  all(): PersistentGroup[] {
    return [...this.groups.values()].sort((one, other) =>
      one.definition.source < other.definition.source ? -1 : 1,
    )
  }

  /** The groups of one source; undefined when it never had one since the start. */
  ofSource(source: string): PersistentGroup[] | undefined {
    if (!this.knownSources.has(source)) return undefined
    return this.all().filter((group) => group.definition.source === source)
  }

  get(key: GroupKey): PersistentGroup {
    const group = this.groups.get(keyText(key))
    if (!group) throw doesNotExist(key)
    return group
  }

  create(definition: GroupDefinition): Promise<void> {
    return this.change(async () => {
      if (this.groups.has(keyText(definition))) throw alreadyExists(definition)
      await this.store([...this.definitions(), definition])
      await this.start(definition)
    })
  }

  update(key: GroupKey, change: (current: GroupDefinition) => GroupDefinition): Promise<void> {
    return this.change(async () => {
      const group = this.get(key)
      const definition = change(group.definition)
      await this.store([...this.definitions().filter((other) => other !== group.definition), definition])
      group.stop()
      await this.start(definition)
    })
  }

  delete(key: GroupKey): Promise<void> {
    return this.change(async () => {
      const group = this.get(key)
      await this.store(this.definitions().filter((other) => other !== group.definition))
      this.groups.delete(keyText(key))
      group.stop()
      for (const stream of [checkpointStream(key), parkedStream(key)]) {
        if ((await this.log.viewOf(stream)).kind !== 'readable') continue
        await this.log.writer.write({ kind: 'softDelete', stream, expected: 'any', events: [], bytes: 0 })
      }
    })
  }

  restart(): Promise<void> {
    return this.change(async () => {
      await this.stop()
      this.groups.clear()
      await this.load()
    })
  }

  async stop(): Promise<void> {
    for (const group of this.groups.values()) group.stop()
    await Promise.all(this.running)
  }

  private async start(definition: GroupDefinition): Promise<void> {
    const group = new PersistentGroup(this.log, definition, this.report)
    await group.prepare()
    this.groups.set(keyText(definition), group)
    this.knownSources.add(definition.source)
    const run = group.run().finally(() => this.running.delete(run))
    this.running.add(run)
  }

  private definitions(): GroupDefinition[] {
    return [...this.groups.values()].map((group) => group.definition)
  }

  /** One change at a time: each writes the whole configuration. */
  private change(work: () => Promise<void>): Promise<void> {
    const result = this.changing.then(work)
    this.changing = result.catch(() => undefined)
    return result
  }

  private async store(entries: GroupDefinition[]): Promise<void> {
    const data = Buffer.from(JSON.stringify({ version: 1, entries } satisfies StoredConfig))
    const id = uuidBytes(randomUUID())
    const outcome = await this.log.writer.write({
      kind: 'append',
      stream: configStream,
      expected: 'any',
      events: [{ id, type: configType, isJson: true, data, metadata: Buffer.alloc(0) }],
      bytes: data.length,
    })
    if (outcome.kind === 'wrongVersion') throw notReadyError()
    if (outcome.kind !== 'written') throw failedWriteError(outcome)
  }
}

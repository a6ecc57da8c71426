import type { AllPoint, StreamPoint } from '../streams/readPlan.ts'
import type { FilterMessage } from '../wire/messages.ts'

export const strategyNames = ['DispatchToSingle', 'RoundRobin', 'Pinned', 'PinnedByCorrelation'] as const

export type StrategyName = (typeof strategyNames)[number]

export interface GroupSettings {
  resolveLinks: boolean
  extraStatistics: boolean
  messageTimeoutMs: number
  maxRetryCount: number
  checkpointAfterMs: number
  minCheckpointCount: number
  maxCheckpointCount: number
  maxSubscriberCount: number
  liveBufferSize: number
  readBatchSize: number
  historyBufferSize: number
  strategy: StrategyName
}

/** Where a group begins while it has no checkpoint; both forms include the named event. */
export type StartFrom = { kind: 'stream'; point: StreamPoint } | { kind: 'all'; point: AllPoint }

export interface GroupDefinition {
  source: string
  group: string
  settings: GroupSettings
  startFrom: StartFrom
  /** The end of the source when the group was made: what "from the end" means after a restart. */
  endAtCreation: number
  filter: FilterMessage | undefined
}

export interface SettingsMessage {
  resolveLinks: boolean
  revision: string
  extraStatistics: boolean
  maxRetryCount: number
  minCheckpointCount: number
  maxCheckpointCount: number
  maxSubscriberCount: number
  liveBufferSize: number
  readBatchSize: number
  historyBufferSize: number
  namedConsumerStrategy: string | number
  messageTimeout?: 'messageTimeoutTicks' | 'messageTimeoutMs'
  messageTimeoutTicks?: string
  messageTimeoutMs?: number
  checkpointAfter?: 'checkpointAfterTicks' | 'checkpointAfterMs'
  checkpointAfterTicks?: string
  checkpointAfterMs?: number
  consumerStrategy?: string
}

const ticksPerMs = 10_000

/** Undefined when the strategy is unknown. */
export function strategyOf(message: SettingsMessage): StrategyName | undefined {
  const named = message.namedConsumerStrategy
  const fallback = typeof named === 'number' ? strategyNames[named] : named
  const wanted = message.consumerStrategy ? message.consumerStrategy : fallback
  return strategyNames.find((name) => name === wanted)
}

export function toSettings(message: SettingsMessage, strategy: StrategyName): GroupSettings {
  const { resolveLinks, extraStatistics, maxRetryCount, minCheckpointCount, maxCheckpointCount } = message
  const { maxSubscriberCount, liveBufferSize, readBatchSize, historyBufferSize } = message
  return {
    resolveLinks,
    extraStatistics,
    messageTimeoutMs:
      message.messageTimeout === 'messageTimeoutTicks'
        ? Number(message.messageTimeoutTicks ?? 0) / ticksPerMs
        : (message.messageTimeoutMs ?? 0),
    maxRetryCount,
    checkpointAfterMs:
      message.checkpointAfter === 'checkpointAfterTicks'
        ? Number(message.checkpointAfterTicks ?? 0) / ticksPerMs
        : (message.checkpointAfterMs ?? 0),
    minCheckpointCount,
    maxCheckpointCount,
    maxSubscriberCount,
    liveBufferSize,
    readBatchSize,
    historyBufferSize,
    strategy,
  }
}

/** `"<revision>"` or `"C:<commit>/P:<prepare>"`: the form in checkpoints and in the answers about a group. */
export function pointText(source: string, point: number): string {
  return source === '$all' ? `C:${point}/P:${point}` : String(point)
}

export function parsePointText(text: string): number | undefined {
  const match = /^(?:C:)?(-?\d+)(?:\/P:-?\d+)?$/.exec(text)
  return match ? Number(match[1]) : undefined
}

export function startFromText(startFrom: StartFrom): string {
  if (startFrom.kind === 'stream') {
    const { point } = startFrom
    if (point === 'start') return '0'
    return point === 'end' ? '-1' : String(point)
  }
  const { point } = startFrom
  if (point === 'start') return 'C:0/P:0'
  return point === 'end' ? 'C:-1/P:-1' : `C:${point.commit}/P:${point.prepare}`
}

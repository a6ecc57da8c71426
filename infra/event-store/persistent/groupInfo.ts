import type { Consumer } from './consumer.ts'
import type { PersistentGroup } from './group.ts'
import { pointText, startFromText } from './groupSettings.ts'

/** The answer about one group; asking starts its next measurement. */
export async function describeGroup(group: PersistentGroup): Promise<object> {
  const { source, group: groupName, settings, startFrom } = group.definition
  const nowMs = Date.now()
  const { state } = group
  const throughput = group.throughput.measure(nowMs)
  const point = (value: number | undefined) =>
    value === undefined || value < 0 ? '' : pointText(source, value)
  return {
    eventSource: source,
    groupName,
    status: statusText(state),
    connections: [...group.consumers].map((consumer) =>
      describeConsumer(consumer, nowMs, settings.extraStatistics),
    ),
    averagePerSecond: throughput.perSecond,
    totalItems: String(throughput.total),
    countSinceLastMeasurement: String(throughput.sinceLast),
    lastCheckpointedEventPosition: point(state.lastCheckpoint),
    lastKnownEventPosition: point(state.lastKnown),
    resolveLinkTos: settings.resolveLinks,
    startFrom: startFromText(startFrom),
    messageTimeoutMilliseconds: settings.messageTimeoutMs,
    extraStatistics: settings.extraStatistics,
    maxRetryCount: settings.maxRetryCount,
    liveBufferSize: settings.liveBufferSize,
    bufferSize: settings.historyBufferSize,
    readBatchSize: settings.readBatchSize,
    checkPointAfterMilliseconds: settings.checkpointAfterMs,
    minCheckPointCount: settings.minCheckpointCount,
    maxCheckPointCount: settings.maxCheckpointCount,
    readBufferCount: state.isBehind ? state.ready : 0,
    liveBufferCount: String(state.isBehind ? 0 : state.ready),
    retryBufferCount: state.retrying,
    totalInFlightMessages: state.inFlight,
    outstandingMessagesCount: state.inFlight,
    namedConsumerStrategy: settings.strategy,
    maxSubscriberCount: settings.maxSubscriberCount,
    parkedMessageCount: String(await group.parked.count()),
  }
}

function statusText({ isLocated, isBehind }: PersistentGroup['state']): string {
  if (!isLocated) return 'NotReady'
  return isBehind ? 'Behind' : 'Live'
}

function describeConsumer(consumer: Consumer, nowMs: number, extraStatistics: boolean): object {
  const { call, userName, connectionName } = consumer.options
  const throughput = consumer.throughput.measure(nowMs)
  return {
    from: call.peer,
    username: userName,
    connectionName,
    averageItemsPerSecond: throughput.perSecond,
    totalItems: String(throughput.total),
    countSinceLastMeasurement: String(throughput.sinceLast),
    observedMeasurements: extraStatistics ? measurements(consumer.latencies) : [],
    availableSlots: consumer.freeSlots,
    inFlightMessages: consumer.inFlight.size,
  }
}

const percentiles = ['90', '95', '99', '99.5', '99.9'] as const

function measurements(latencies: readonly number[]): { key: string; value: string }[] {
  if (latencies.length === 0) return []
  const sorted = [...latencies].sort((one, other) => one - other)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0
  const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length
  const quintiles = [1, 2, 3, 4, 5].map((quintile) => [`Quintile ${quintile}`, at(quintile / 5)] as const)
  const values: (readonly [string, number])[] = [
    ['Mean', mean],
    ['Median', at(0.5)],
    ['Fastest', sorted[0] ?? 0],
    ...quintiles,
    ...percentiles.map((percentile) => [`${percentile}%`, at(Number(percentile) / 100)] as const),
    ['Highest', sorted.at(-1) ?? 0],
  ]
  return values.map(([key, value]) => ({ key, value: String(Math.round(value)) }))
}

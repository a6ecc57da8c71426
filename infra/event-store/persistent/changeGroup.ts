import { metastreamOf } from '../log/logRecord.ts'
import type { ServerContext } from '../serverContext.ts'
import { checkWritableName } from '../streams/appendRequest.ts'
import { allPoint, streamPoint, type AllPoint } from '../streams/readPlan.ts'
import { eventFilter } from '../streams/eventFilter.ts'
import { changedKeyOf, type ChangeRequest } from './groupRequests.ts'
import { allStreams, checkpointStream, parkedStream, type GroupKey } from './groupKey.ts'
import {
  strategyOf,
  toSettings,
  type GroupDefinition,
  type GroupSettings,
  type StartFrom,
} from './groupSettings.ts'
import { failed } from './persistentErrors.ts'
import type { GroupRegistry } from './registry.ts'
import { createSource } from './source.ts'

export async function createGroup(
  { log }: ServerContext,
  registry: GroupRegistry,
  request: ChangeRequest,
): Promise<void> {
  const key = changedKeyOf(request.options)
  checkSource(key, request)
  checkNames(key)
  const settings = checkedSettings(key, request)
  const startFrom = startFromOf(key, request, log.tail.lastPosition)
  const { all } = request.options ?? {}
  const filter = all?.filterOption === 'filter' ? all.filter : undefined
  eventFilter(filter)
  const endAtCreation = await createSource(log, key.source, filter).currentEnd()
  await registry.create({ ...key, settings, startFrom, endAtCreation, filter })
}

export async function updateGroup(
  { log }: ServerContext,
  registry: GroupRegistry,
  request: ChangeRequest,
): Promise<void> {
  const key = changedKeyOf(request.options)
  const { filter } = registry.get(key).definition
  const endAtCreation = await createSource(log, key.source, filter).currentEnd()
  await registry.update(key, (current): GroupDefinition => {
    const settings = checkedSettings(key, request)
    const startFrom = startFromOf(key, request, log.tail.lastPosition)
    return { ...current, settings, startFrom, endAtCreation }
  })
}

function checkSource(key: GroupKey, request: ChangeRequest): void {
  const isStream = request.options?.streamOption !== 'all'
  if (isStream && (key.source === '' || key.source === allStreams)) {
    throw failed(key, `'${key.source}' is not a stream that can be subscribed to.`)
  }
}

/** A group has streams of its own, whose names come from the group's and have to be names of streams too. */
function checkNames(key: GroupKey): void {
  try {
    checkWritableName(key.source)
    for (const stream of [checkpointStream(key), parkedStream(key)]) checkWritableName(metastreamOf(stream))
  } catch (error) {
    throw failed(
      key,
      `The name of the group, or of its stream, can not be used: ${error instanceof Error ? error.message : String(error)}.`,
    )
  }
}

function checkedSettings(key: GroupKey, { options }: ChangeRequest): GroupSettings {
  const message = options?.settings
  if (!message) throw failed(key, 'The settings are missing.')
  const strategy = strategyOf(message)
  if (!strategy) {
    throw failed(key, `Consumer strategy ${message.consumerStrategy ?? ''} does not exist.`)
  }
  if (message.readBatchSize >= message.historyBufferSize) {
    throw failed(key, 'The history buffer size must be larger than the read batch size.')
  }
  return toSettings(message, strategy)
}

function startFromOf(key: GroupKey, { options }: ChangeRequest, lastPosition: number): StartFrom {
  if (options?.streamOption === 'all') {
    const point = allPoint(options.all)
    checkAllPoint(key, point, lastPosition)
    return { kind: 'all', point }
  }
  if (options?.stream?.revisionOption) return { kind: 'stream', point: streamPoint(options.stream) }
  const revision = options?.settings?.revision ?? '0'
  return {
    kind: 'stream',
    point:
      revision === '0'
        ? 'start'
        : streamPoint({ streamIdentifier: null, revisionOption: 'revision', revision }),
  }
}

function checkAllPoint(key: GroupKey, point: AllPoint, lastPosition: number): void {
  if (point === 'start' || point === 'end') return
  if (point.prepare > point.commit)
    throw failed(key, 'The prepare position must not be after the commit position.')
  if (point.commit > lastPosition) throw failed(key, 'The position lies behind the end of the log.')
}

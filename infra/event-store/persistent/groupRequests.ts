import { method, persistentService } from '../wire/definitions.ts'
import type {
  AllPointMessage,
  Empty,
  FilterMessage,
  StreamIdentifier,
  StreamPointMessage,
} from '../wire/messages.ts'
import { allStreams, type GroupKey } from './groupKey.ts'
import type { SettingsMessage } from './groupSettings.ts'

interface ChangeOptions {
  streamOption?: 'stream' | 'all'
  stream?: StreamPointMessage
  all?: AllPointMessage & { filterOption?: 'filter' | 'noFilter'; filter?: FilterMessage }
  streamIdentifier: StreamIdentifier | null
  groupName: string
  settings: SettingsMessage | null
}

export interface ChangeRequest {
  options: ChangeOptions | null
}

interface SourceOptions {
  streamOption?: 'streamIdentifier' | 'all'
  streamIdentifier?: StreamIdentifier
  groupName: string
}

export interface GroupRequest {
  options: SourceOptions | null
}

export interface ReplayRequest {
  options: (SourceOptions & { stopAtOption?: 'stopAt' | 'noLimit'; stopAt?: string }) | null
}

export interface ListRequest {
  options: {
    listOption?: 'listAllSubscriptions' | 'listForStream'
    listForStream?: { streamOption?: 'stream' | 'all'; stream?: StreamIdentifier }
  } | null
}

export const createCodec = method<ChangeRequest, Empty>(persistentService, 'Create')
export const updateCodec = method<ChangeRequest, Empty>(persistentService, 'Update')
export const deleteCodec = method<GroupRequest, Empty>(persistentService, 'Delete')
export const infoCodec = method<GroupRequest, object>(persistentService, 'GetInfo')
export const replayCodec = method<ReplayRequest, Empty>(persistentService, 'ReplayParked')
export const listCodec = method<ListRequest, object>(persistentService, 'List')
export const restartCodec = method<Empty, Empty>(persistentService, 'RestartSubsystem')

export function groupKeyOf(options: SourceOptions | null): GroupKey {
  const source =
    options?.streamOption === 'all'
      ? allStreams
      : (options?.streamIdentifier?.streamName.toString('utf8') ?? '')
  return { source, group: options?.groupName ?? '' }
}

export function changedKeyOf(options: ChangeOptions | null): GroupKey {
  const identifier = options?.stream?.streamIdentifier ?? options?.streamIdentifier
  const source =
    options?.streamOption === 'all' ? allStreams : (identifier?.streamName.toString('utf8') ?? '')
  return { source, group: options?.groupName ?? '' }
}

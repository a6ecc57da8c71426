import type { DirectoryEvent, EventMetadata, InstanceEvent } from '@sre-portal/contracts'
import { canonicalName, DomainError, type Instance, type NameClaim } from '@sre-portal/domain'
import { loadInstance, type Loaded } from '@sre-portal/platform/aggregates'
import type { Context } from '../context.ts'
import { changeDirectory } from '../directoryStream.ts'

/** A claim that was not carried out by then is nobody's: its service died in between. */
const claimMs = 60_000

/**
 * Claims a name for an instance before its own stream says so: of several at once one gets it.
 * @throws DomainError `conflict` when another instance has it, or is about to
 */
export async function claimName(
  context: Context,
  metadata: EventMetadata,
  { name, instance, instanceId }: { name: string; instance: Instance | null; instanceId: string },
): Promise<void> {
  if (instance && canonicalName(instance.name) === canonicalName(name)) return
  let isClaimed = false
  await changeDirectory(context, metadata, async ({ names }): Promise<DirectoryEvent[]> => {
    const claim = names.get(canonicalName(name))
    if (isClaimed && claim?.instanceId === instanceId) return []
    if (claim && claim.instanceId !== instanceId) await ensureFree(context, claim)
    isClaimed = true
    return [{ type: 'InstanceNameClaimed', data: { name, instanceId } }]
  })
}

async function ensureFree(context: Context, claim: NameClaim): Promise<void> {
  const holder = await loadInstance(context.store, claim.instanceId)
  const has = holder.state && canonicalName(holder.state.name) === canonicalName(claim.name)
  const isPending = !wasCarriedOut(holder, claim) && context.now().getTime() - Date.parse(claim.at) < claimMs
  if ((has && !holder.state?.retired) || isPending)
    throw new DomainError('conflict', `There is already an instance called ${claim.name}.`, [
      { path: 'name', message: 'is taken by another instance' },
    ])
}

const wasCarriedOut = ({ events }: Loaded<Instance, InstanceEvent>, claim: NameClaim): boolean =>
  events.some(
    (event) =>
      event.position > claim.position &&
      (event.type === 'InstanceRegistered' || event.type === 'InstanceChanged') &&
      canonicalName(event.data.name) === canonicalName(claim.name),
  )

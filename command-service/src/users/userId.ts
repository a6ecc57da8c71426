import { canonicalEmail } from '@sre-portal/domain'
import { derivedId } from '@sre-portal/platform/commandHandler'

/** The id of the account with this address: derived from it, so that the stream itself keeps addresses unique. */
export const userIdOf = (email: string): string => derivedId('user', canonicalEmail(email))

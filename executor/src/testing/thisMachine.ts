import { parseNetworks } from '@sre-portal/domain'
import type { AddressRules } from '../addresses/addressRules.ts'

/** Targets of tests are on this machine, as the portal's own parts are. */
export const thisMachine: AddressRules = { allowed: parseNetworks('127.0.0.0/8,::1/128'), own: [] }

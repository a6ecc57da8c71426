import type { ResultHead } from '@sre-portal/contracts'

/** Notices that have no details of their own: all of those of an earlier version, and else what the portal says of what it left out. */
export const ownWords = ({ notices, noticeDetails }: Pick<ResultHead, 'notices' | 'noticeDetails'>) =>
  noticeDetails === undefined ? notices : notices.filter((text) => text.startsWith('SRE Portal: '))

import { expect, vi } from 'vitest'
import type { Pool } from '@sre-portal/platform/postgres'

/** Waits until the check holds; long enough for a machine that is busy with other tests. */
export const eventually = <T>(check: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(check, { timeout: 45_000, interval: 20 })

/** Waits until the live read models have reached the position. */
export const reached = (pool: Pool, position: bigint): Promise<void> =>
  eventually(async () => {
    const { rows } = await pool.query<{ position: string }>('select position from read.checkpoint')
    expect(BigInt(rows[0]?.position ?? -1)).toBeGreaterThanOrEqual(position)
  })

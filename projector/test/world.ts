import { vi, expect } from 'vitest'
import type { Pool } from '@sre-portal/platform/postgres'

/** Waits until the live read models have reached the position. */
export const reached = (pool: Pool, position: bigint) =>
  vi.waitFor(
    async () => {
      const { rows } = await pool.query<{ position: string }>('select position from read.checkpoint')
      expect(BigInt(rows[0]?.position ?? -1)).toBeGreaterThanOrEqual(position)
    },
    { timeout: 20_000, interval: 20 },
  )

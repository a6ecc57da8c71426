/** How long a condition is waited for, on a machine that is busy with other tests. */
export const patience = { timeout: 45_000, interval: 20 }

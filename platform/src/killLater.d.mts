/**
 * Kills a process that doesn't end by itself within `ms`, by a small shell beside it: the end of a process waits for its threads, and
 * nothing within it can bound that. Whoever calls this holds the shell's pipe, and the shell goes as soon as that is gone.
 */
export function killLater(ms: number): void

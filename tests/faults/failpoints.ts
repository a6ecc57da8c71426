/** Where executors can be made to kill themselves. */
export const failpoints = [
  'before-claim',
  'after-claim',
  'mid-transaction',
  'before-commit',
  'after-commit',
  'after-write',
  'before-result',
  'after-result',
  'after-outcome',
]

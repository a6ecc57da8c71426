/** Errors of the client carry their kind apart from their message, which may be empty. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return 'type' in error ? `${String(error.type)} ${error.message}`.trim() : error.message
}

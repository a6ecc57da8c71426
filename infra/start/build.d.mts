export function hashSources(repository: string): string
export function build(repository: string): Promise<void>

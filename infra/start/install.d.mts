export function missingPackages(repository: string, wanted: { dev: boolean }): string[]
export function hasDevPackages(repository: string): boolean
export function install(repository: string, wanted: { dev: boolean }): Promise<void>

export function missingPackages(repository: string, wanted: { dev: boolean }): string[]
export function install(repository: string, wanted: { dev: boolean }): Promise<void>

/** A Chromium for the stories. @throws Error that names the package when there is none */
export function findBrowser(repository: string): Promise<string>

const mirror = 'https://fastdl.mongodb.org'
const reachableMs = 4000
const downloadMs = 5 * 60_000

/** A mongod that was downloaded, or why there is none. */
export type DownloadedMongod = { binary: string } | { missing: string }

/**
 * Downloads mongod once and keeps it. The package that knows how is an optional one; it would try an unreachable server again and again,
 * so that is asked first.
 */
export async function downloadedMongod(
  cache: string,
  onProgress: (text: string) => void,
): Promise<DownloadedMongod> {
  const tools = await loadTools()
  if (!tools)
    return { missing: 'the package mongodb-memory-server-core, which downloads MongoDB, is not installed' }
  const { DryMongoBinary, MongoBinary } = tools
  const kept = await DryMongoBinary.locateBinary({ version: tools.version, downloadDir: cache })
  if (kept !== undefined) return { binary: kept }
  const fault = await reachFault()
  if (fault !== null) return { missing: `MongoDB could not be downloaded (${fault})` }
  onProgress(`Downloading MongoDB ${tools.version}; the first time this takes a minute or two`)
  let impatience: NodeJS.Timeout | undefined
  const tooLong = new Promise<never>((_, reject) => {
    impatience = setTimeout(
      () => reject(new Error(`it took more than ${downloadMs / 60_000} minutes`)),
      downloadMs,
    )
  })
  try {
    return {
      binary: await Promise.race([
        MongoBinary.getPath({ version: tools.version, downloadDir: cache }),
        tooLong,
      ]),
    }
  } catch (error) {
    return { missing: `MongoDB could not be downloaded (${wordsOf(error)})` }
  } finally {
    clearTimeout(impatience)
  }
}

async function loadTools() {
  try {
    const { DryMongoBinary } = await import('mongodb-memory-server-core/lib/util/DryMongoBinary.js')
    const { MongoBinary } = await import('mongodb-memory-server-core/lib/util/MongoBinary.js')
    const { DEFAULT_VERSION, ResolveConfigVariables, resolveConfig, setDefaultValue } =
      await import('mongodb-memory-server-core/lib/util/resolveConfig.js')
    setDefaultValue(ResolveConfigVariables.MAX_RETRIES, '1')
    const version = resolveConfig(ResolveConfigVariables.VERSION) ?? DEFAULT_VERSION
    return { DryMongoBinary, MongoBinary, version }
  } catch {
    return undefined
  }
}

/** Why the server of the downloads can't be reached, or null. Whether a proxy can reach it, only the download itself finds out. */
async function reachFault(): Promise<string | null> {
  const proxied = ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY'].some((name) => process.env[name])
  if (proxied) return null
  try {
    await fetch(process.env['MONGOMS_DOWNLOAD_MIRROR'] ?? mirror, {
      method: 'HEAD',
      signal: AbortSignal.timeout(reachableMs),
    })
    return null
  } catch (error) {
    return wordsOf(error instanceof Error && error.cause ? error.cause : error)
  }
}

const wordsOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, ' ')

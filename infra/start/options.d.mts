export const help: string
export function readOptions(args: string[]): {
  help: boolean
  fresh: boolean
  port: string | undefined
  dataDir: string | undefined
  withMongo: boolean
}

import { parseArgs } from 'node:util'

export const help = `Usage: npm start -- [options]

Starts the whole portal on this machine, with a demonstration in it. Installs and builds what is missing first.

  --fresh            begin anew: removes the portal's data first
  --port <number>    port of the portal (default 8080; 0: any free ports for all parts)
  --data-dir <path>  where the data are kept (default .data in the checkout)
  --with-mongo       adds a MongoDB to the demonstration; once added it comes along at every start
  --help             this text

Environment variables, among them the ports of the parts, are explained in .env.example.`

/**
 * Reads the command line. Throws an Error in words for what is not understood.
 * @param {string[]} args
 * @returns {{ help: boolean, fresh: boolean, port: string | undefined, dataDir: string | undefined, withMongo: boolean }}
 */
export function readOptions(args) {
  const { values } = parseArgs({
    args,
    allowPositionals: false,
    options: {
      fresh: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
      port: { type: 'string' },
      'data-dir': { type: 'string' },
      'with-mongo': { type: 'boolean', default: false },
    },
  })
  const { port } = values
  if (port !== undefined && (!/^\d{1,5}$/.test(port) || Number(port) > 65_535))
    throw new Error(`--port takes a number from 0 to 65535, not "${port}".`)
  if (values['data-dir'] === '') throw new Error('--data-dir takes the path of a folder.')
  return {
    help: values.help,
    fresh: values.fresh,
    port,
    dataDir: values['data-dir'],
    withMongo: values['with-mongo'],
  }
}

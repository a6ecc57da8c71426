import { demoAccounts, demoPassword } from '../demo/accounts.ts'
import { createOutput, type Output } from './output.ts'
import { readSettings } from './settings.ts'
import { createStack, type RunningStack } from './stack.ts'

export interface RunOptions {
  fresh: boolean
  /** The portal is built while the databases start. */
  portalBuilt: Promise<void>
}

/** Starts everything, tells how to use it, and stays until it is told to stop. Answers the exit code. */
export async function runStack({ fresh, portalBuilt }: RunOptions): Promise<number> {
  const output = createOutput(process.env['LOG_LEVEL'] ?? 'info')
  try {
    const settings = await readSettings(process.env, fresh)
    const stack = createStack(settings, output, portalBuilt)
    const asked = stopWhenAsked(stack, output)
    const ended = await stayUp(stack, asked, (running) =>
      output.print(welcome(running, settings.dataDir)),
    ).finally(() => stack.stop())
    if (ended !== 'asked') throw new Error(`${ended}, so the portal stops.`)
    output.print('Stopped.')
    return 0
  } catch (error) {
    output.print(`\n${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  }
}

type Stack = ReturnType<typeof createStack>

/** Answers why it ended. */
async function stayUp(
  stack: Stack,
  asked: Promise<string>,
  onUp: (running: RunningStack) => void,
): Promise<string> {
  const running = await Promise.race([stack.start(), asked])
  if (typeof running === 'string') return running
  onUp(running)
  return Promise.race([running.broken, asked])
}

/** npm and the terminal may both pass on one Ctrl-C; a second one counts only when it comes later than that. */
const sameCtrlCMs = 1_000

function stopWhenAsked(stack: Stack, output: Output): Promise<'asked'> {
  let askedAt: number | undefined
  return new Promise((resolve) => {
    const ask = () => {
      if (askedAt === undefined)
        output.print('\nStopping in order (a second Ctrl-C ends everything at once) ...')
      else if (Date.now() - askedAt > sameCtrlCMs) stack.kill()
      askedAt ??= Date.now()
      resolve('asked')
    }
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, ask)
    if (process.env['npm_lifecycle_event']) whenParentEnds(ask)
  })
}

/** Who ends npm ends its shell, which tells us nothing: npm would be gone, and everything still be running. */
function whenParentEnds(then: () => void): void {
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    then()
  }, 500)
  watch.unref()
}

function welcome({ address, postgresHome, mongo }: RunningStack, dataDir: string): string {
  const logins = Object.values(demoAccounts).map(
    ({ email, plays }) => `    ${email.padEnd(24)} ${demoPassword}   ${plays}`,
  )
  return [
    '',
    `  The portal is at  ${address}`,
    '',
    '  Demo logins (refused outside this demonstration):',
    ...logins,
    '',
    ...(mongo ? [aboutMongo(mongo), ''] : []),
    `  Data:  ${dataDir}${postgresHome.startsWith(dataDir) ? '' : ` and ${postgresHome}`}`,
    '  Stop:  Ctrl-C; everything is kept. Begin anew: npm start -- --fresh',
    '',
  ].join('\n')
}

const aboutMongo = (mongo: NonNullable<RunningStack['mongo']>) =>
  'missing' in mongo
    ? `  No MongoDB in the demonstration. ${mongo.missing}`
    : `  MongoDB: the instance demo-mongo (${mongo.name} at 127.0.0.1:${mongo.port})`

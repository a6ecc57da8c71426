import { killLater } from '@sre-portal/platform/killLater.mjs'

// Loaded before a service's main module when the stack runs it. Should the stack be killed, the service must not stay for ever.
const graceMs = 65_000

const stop = () => {
  killLater(graceMs)
  process.kill(process.pid, 'SIGTERM')
}

// The parent may have ended while what is loaded before this was loading.
if (process.connected === false) stop()
else process.once('disconnect', stop)
process.channel?.unref()

// Loaded before a service's main module when the stack runs it. Should the stack be killed, the service must not stay for ever.
const graceMs = 50_000

process.once('disconnect', () => {
  process.kill(process.pid, 'SIGTERM')
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), graceMs).unref()
})
process.channel?.unref()

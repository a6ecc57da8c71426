// The entry of a thread, in JavaScript: `--import tsx` of the process doesn't reach into its threads.
import { register } from 'tsx/esm/api'

register()
await import('./analysisThreadMain.ts')

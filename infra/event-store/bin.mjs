#!/usr/bin/env node
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { engineFlags } from './engineFlags.mjs'

const main = fileURLToPath(new URL('./main.ts', import.meta.url))
// Found from here, not from the folder in which the command is called.
const tsx = import.meta.resolve('tsx')
const stopWithParent = new URL('../stack/stopWithParent.mjs', import.meta.url).href
const preload = ['--import', stopWithParent, '--import', tsx]
const child = spawn(process.execPath, [...engineFlags, ...preload, main, ...process.argv.slice(2)], {
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
})
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
child.on('error', (error) => {
  console.error(`eventstore: ${error.message}`)
  process.exit(1)
})
child.on('exit', (code) => process.exit(code ?? 1))

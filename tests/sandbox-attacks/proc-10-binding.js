// id: proc-10-binding
// category: internals
// goal: process.binding / _linkedBinding / internalBinding to raw fs and spawn
// expect: refused or empty
const p = globalThis.process || (await node('process'));
for (const b of ['fs', 'spawn_sync', 'process_wrap', 'tcp_wrap', 'natives', 'config', 'os', 'uv', 'util', 'constants', 'contextify', 'pipe_wrap', 'cares_wrap']) await t('binding ' + b, () => Object.keys(p.binding(b)).slice(0, 12).join());
await t('_linkedBinding', () => Object.keys(p._linkedBinding('fs')).join());
await t('spawn_sync', () => { const r = p.binding('spawn_sync').spawn({ file: '/bin/sh', args: ['sh', '-c', 'echo pwned > ' + DIR + '/drop/binding'], stdio: [{ type: 'pipe', readable: true, writable: false }, { type: 'pipe', readable: false, writable: true }, { type: 'pipe', readable: false, writable: true }] }); return JSON.stringify(r).slice(0, 150); });
await t('fs.open', () => { const b = p.binding('fs'); const fd = b.open(DIR + '/secret/canary.txt', 0, 0o666, undefined, {}); return 'fd ' + fd; });
await t('tcp_wrap', () => { const b = p.binding('tcp_wrap'); const x = new b.TCP(0); return 'TCP ' + x.connect; });
return out;

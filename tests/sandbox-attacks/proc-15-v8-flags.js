// id: proc-15-v8-flags
// category: internals
// goal: loosen limits at run time: v8.setFlagsFromString, --allow-natives-syntax, resourceLimits
// expect: no effect on containment
const v8 = await node('v8');
await t('max-old-space', () => { v8.setFlagsFromString('--max-old-space-size=8192'); return 'heap limit ' + (v8.getHeapStatistics().heap_size_limit >> 20); });
await t('natives', () => { v8.setFlagsFromString('--allow-natives-syntax'); return String(new Function('return %GetOptimizationStatus(function(){})')()); });
await t('expose-gc', () => { v8.setFlagsFromString('--expose-gc'); return typeof globalThis.gc; });
await t('sandbox-testing', () => { v8.setFlagsFromString('--sandbox-testing'); return typeof globalThis.Sandbox; });
await t('no-freeze', () => { v8.setFlagsFromString('--no-jitless'); return 'set'; });
await t('d8-style memory corruption API', () => { const R = (0, eval)('typeof Sandbox'); return R; });
await t('ResourceLimits', async () => { const w = await node('worker_threads'); return JSON.stringify(w.resourceLimits); });
return out;

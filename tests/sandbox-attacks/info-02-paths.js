// id: info-02-paths
// category: info leak
// goal: paths: execPath, cwd, mainModule, stack traces, import.meta
// expect: nothing secret in paths (note only)
const p = globalThis.process || (await node('process'));
if (D) { await t('execPath', () => D.execPath()); await t('cwd', () => D.cwd()); await t('mainModule', () => D.mainModule); await t('pid/ppid', () => D.pid + '/' + D.ppid); }
await t('stack', () => new Error('x').stack); await t('process.cwd', () => p.cwd()); await t('process.execPath', () => p.execPath); await t('argv0', () => p.argv0);
return out;

// id: own-f04-configuration
// category: filesystem
// goal: make the runtime read a configuration, a lock file, .npmrc or a package.json
// expect: refused
// outcome: executed
for (const f of ['./deno.json', './package.json', '../package.json', './node_modules/x/index.js', '#x', '/etc/npmrc', '~/.npmrc'])
  await t(f, () => to(import(f)));
await t('import.meta', async () => JSON.stringify(Object.keys((await import('data:text/javascript,export default import.meta')).default)));
await t('long run for the update check', () => new Promise((r) => setTimeout(() => r('waited'), 1200)));
return out;

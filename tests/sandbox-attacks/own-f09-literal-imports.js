// id: own-f09-literal-imports
// category: filesystem
// goal: literal import specifiers in the text of the script itself
// expect: refused
// outcome: executed
await t('js', () => import('file://@CANARY_DIR@/secret/mod.js').then((m) => m.default));
await t('json', () => import('file://@CANARY_DIR@/secret/canary.json', { with: { type: 'json' } }).then((m) => JSON.stringify(m.default)));
await t('text', () => import('file://@CANARY_DIR@/secret/canary.txt', { with: { type: 'text' } }).then((m) => m.default));
await t('runner', () => import('./runner.js').then((m) => Object.keys(m).join() ? 'LOADED' : 'an empty module'));
await t('own url', async () => { const u = /file:[^):]+/.exec(new Error('x').stack); return u ? import(u[0]).then((m) => (Object.keys(m).join() ? 'LOADED' : 'an empty module')) : 'no url'; });
return out;

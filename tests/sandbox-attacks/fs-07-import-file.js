// id: fs-07-import-file
// category: filesystem
// goal: dynamic import of local files: js, json, text, bytes, wasm, and as an existence oracle
// expect: permission error; same error whether the file exists or not
const B = 'file://' + DIR + '/secret/';
await t('js', async () => JSON.stringify(await import(B + 'mod.js')));
await t('json', async () => JSON.stringify((await import(B + 'canary.json', { with: { type: 'json' } })).default));
await t('text', async () => (await import(B + 'canary.txt', { with: { type: 'text' } })).default);
await t('bytes', async () => new TextDecoder().decode((await import(B + 'canary.txt', { with: { type: 'bytes' } })).default));
await t('relative', async () => import('./runner-core.js'));
await t('absolute path', async () => import(DIR + '/secret/mod.js'));
await t('oracle: missing', async () => import(B + 'does-not-exist.js'));
await t('oracle: present', async () => import(B + 'mod.js'));
await t('oracle: dir', async () => import(B));
await t('via data: static import', async () => import('data:text/javascript,' + encodeURIComponent('import x from ' + JSON.stringify(B + 'mod.js') + '; export default x')));
await t('via data: static json', async () => JSON.stringify((await import('data:text/javascript,' + encodeURIComponent('import x from ' + JSON.stringify(B + 'canary.json') + ' with {type:"json"}; export default x'))).default));
await t('via blob', async () => import(URL.createObjectURL(new Blob(['export {default} from ' + JSON.stringify(B + 'mod.js')], { type: 'text/javascript' }))));
await t('import.meta.resolve', async () => (await import('data:text/javascript,export default import.meta.resolve("' + B + 'mod.js")')).default);
return out;

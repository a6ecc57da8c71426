// id: proc-01-deno-command
// category: subprocess
// goal: start a program with Deno.Command / Deno.run / Deno.spawn
// expect: NotCapable, no new process
if (!D) throw new Error('no Deno global');
await t('Command', async () => new TextDecoder().decode((await new D.Command('/bin/sh', { args: ['-c', 'id; sleep 3'] }).output()).stdout));
await t('Command spawn', () => { new D.Command('/bin/sleep', { args: ['3'] }).spawn(); return 'spawned'; });
await t('Command self', async () => (await new D.Command(D.execPath(), { args: ['eval', '1'] }).output()).code);
await t('Deno.run', () => { D.run({ cmd: ['id'] }); return 'ran'; });
await t('Deno.spawn', async () => { const c = await D.spawn('id'); return 'spawned ' + typeof c; });
await t('Deno.spawnAndWaitSync', () => { const r = D.spawnAndWaitSync('id'); return new TextDecoder().decode(r.stdout); });
return out;

// id: proc-07-priv
// category: subprocess
// goal: setuid/setgid/priorities/umask, process.execve
// expect: refused
const p = globalThis.process || (await node('process')); const os = await node('os');
await t('getuid', () => 'uid ' + p.getuid()); await t('setuid', () => { p.setuid(0); return 'ok'; }); await t('setgid', () => { p.setgid(0); return 'ok'; });
await t('setgroups', () => { p.setgroups([0]); return 'ok'; });
await t('setPriority parent', () => { os.setPriority(p.ppid, 5); return 'reniced parent'; });
await t('getPriority', () => 'nice ' + os.getPriority(p.ppid));
await t('execve', () => { p.execve('/bin/echo', ['echo', 'EXECVE-WORKED'], {}); return 'exec'; });
await t('title', () => { p.title = 'postgres: idle'; return p.title; });
return out;

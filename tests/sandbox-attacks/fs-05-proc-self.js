// id: fs-05-proc-self
// category: filesystem
// goal: read /proc/self and the executor's /proc/<ppid> (env, cmdline, maps, fds)
// expect: NotCapable; no secrets of the executor
const fs = await node('fs').catch(() => null);
const pp = (globalThis.process && globalThis.process.ppid) || (D && D.ppid) || 2;
const rd = (p) => { if (D) { try { return D.readTextFileSync(p); } catch (e) { if (!fs) throw e; } } return fs.readFileSync(p, 'utf8'); };
for (const w of ['self', String(pp)]) for (const f of ['environ', 'cmdline', 'status', 'maps', 'comm', 'mountinfo', 'limits'])
  await t(w + '/' + f, () => rd('/proc/' + w + '/' + f));
await t('self/fd', () => (fs ? fs.readdirSync('/proc/self/fd').join() : [...D.readDirSync('/proc/self/fd')].length));
await t('self/root', () => rd('/proc/self/root' + DIR + '/secret/canary.txt'));
await t('thread-self', () => rd('/proc/thread-self/cwd'));
await t('meminfo', () => rd('/proc/meminfo').slice(0, 60));
await t('net/tcp', () => rd('/proc/net/tcp').slice(0, 60));
return out;

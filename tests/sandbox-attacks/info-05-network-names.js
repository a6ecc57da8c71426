// id: info-05-network-names
// category: info leak
// goal: resolv.conf, hosts, container ids, cgroup names
// expect: NotCapable
const fs = await node('fs').catch(() => null); const rd = (p) => (D ? D.readTextFileSync(p) : fs.readFileSync(p, 'utf8'));
for (const f of ['/etc/hostname', '/etc/hosts', '/etc/resolv.conf', '/etc/passwd', '/etc/os-release', '/proc/self/cgroup', '/proc/version', '/proc/1/comm', '/sys/class/net/lo/address', '/root/.npmrc']) await t(f, () => rd(f)); return out;

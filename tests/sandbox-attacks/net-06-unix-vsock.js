// id: net-06-unix-vsock
// category: network
// goal: connect to unix sockets (docker.sock, pg socket), abstract sockets, vsock
// expect: NotCapable
if (D) {
  await t('unix', () => to(D.connect({ transport: 'unix', path: DIR + '/secret/app.sock' })));
  await t('abstract', () => to(D.connect({ transport: 'unix', path: '\0abc' })));
  await t('fetch proxy unix client', () => { const c = D.createHttpClient({ proxy: { transport: 'unix', path: DIR + '/secret/app.sock' } }); return to(fetch('http://x/', { client: c })); });
}
const net = await node('net').catch(() => null), http = await node('http').catch(() => null);
if (net) await t('net path', () => to(new Promise((r, j) => net.connect(DIR + '/secret/app.sock', () => r('connected')).on('error', j))));
if (http) await t('http socketPath', () => to(new Promise((r, j) => http.get({ socketPath: DIR + '/secret/app.sock', path: '/' }, () => r('response')).on('error', j))));
return out;

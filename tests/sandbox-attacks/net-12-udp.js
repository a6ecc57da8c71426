// id: net-12-udp
// category: network
// goal: UDP send and bind through node:dgram and Deno.listenDatagram
// expect: NotCapable, no packet
const dgram = await node('dgram'); globalThis.addEventListener && addEventListener('error', (e) => e.preventDefault());
await t('send', () => to(new Promise((r, j) => { const s = dgram.createSocket('udp4'); s.on('error', j); s.send('hello', 5353, '127.0.0.1', (e) => e ? j(e) : r('sent')); }))); return out;

// id: fs-16-fd-wrappers
// category: filesystem
// goal: wrap raw descriptors with tty.ReadStream, net.Socket({fd}), fs streams, FileHandle
// expect: only stdio; nothing of the runtime readable
const tty = await node('tty').catch(() => null), net = await node('net').catch(() => null), fs = await node('fs').catch(() => null);
for (let fd = 3; fd < 24; fd++) {
  if (tty) await t('tty ' + fd, () => { new tty.ReadStream(fd); return 'wrapped'; });
  if (net) await t('socket ' + fd, () => to(new Promise((r, j) => { const s = new net.Socket({ fd, readable: true, writable: true }); s.on('error', j); s.on('data', (d) => r('DATA ' + d.length)); s.write('x', (e) => e ? j(e) : r('wrote')); }), 60));
  if (fs) await t('rs ' + fd, () => to(new Promise((r, j) => fs.createReadStream(null, { fd, autoClose: false }).on('data', (d) => r('DATA ' + String(d).slice(0, 40))).on('error', j)), 60));
}
return out.filter((x) => x[1] === 'OK');

// id: fs-17-socket-fd
// category: filesystem
// goal: adopt raw descriptors of the runtime with net.Socket({fd}) / Pipe.open and read or write them
// expect: nothing readable that this script did not have; executor must not leak inherited fds
const net = await node('net'); const fs = await node('fs'); const hit = []; const gh = (() => { try { return process.binding('util').guessHandleType; } catch { return null; } })();
for (let fd = 3; fd < 40; fd++) { let ty = '?'; try { ty = gh ? gh(fd) : '?'; } catch (e) { ty = 'ERR ' + e.message.slice(0, 40); }
  if (ty === 'UNKNOWN' || ty === 'INVALID') continue; let r = 'no'; try { const s = new net.Socket({ fd, readable: true, writable: true }); s.on('error', () => {}); const got = await Promise.race([new Promise((z) => s.once('data', (d) => z('DATA ' + d.length + ' ' + String(d).slice(0, 30)))), new Promise((z) => setTimeout(() => z('silent'), 40))]); r = got; s.unref && s.unref(); } catch (e) { r = 'ERR ' + e.message.slice(0, 80); } hit.push(fd + ':' + ty + ':' + r); }
return hit;

// id: own-f07-descriptors
// category: filesystem
// goal: reach an open descriptor of the runtime by any object that is left
// expect: nothing there
// outcome: executed
const seen = [];
for (let fd = 0; fd < 20; fd++) for (const f of ['/dev/fd/' + fd, '/proc/self/fd/' + fd, 'file:///dev/fd/' + fd]) await t(f, () => to(import(f)));
return out.filter((x) => x[1] === 'OK').concat(seen);

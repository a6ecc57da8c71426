// id: proc-04-exit-abort
// category: subprocess
// goal: end the process early: exit(0), abort, reallyExit, closing stdio (looks like success?)
// expect: executor reports FAILED: no result frame
if (D && D.exit) setTimeout(() => D.exit(0), 30);
const p = globalThis.process; if (p) setTimeout(() => { try { p.exit(0); } catch {} }, 60);
await new Promise(() => {});

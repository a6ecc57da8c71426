// id: own-f10-silent-end
// category: subprocess
// goal: end without a result by closing everything that is awaited
// expect: not a success
// outcome: failed
await new Promise(() => {});

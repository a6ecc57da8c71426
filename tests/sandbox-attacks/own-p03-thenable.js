// id: own-p03-thenable
// category: protocol
// goal: promises whose then is hostile
// expect: the run ends once
// outcome: executed
const never = { then(ok) { ok('first'); ok('second'); setTimeout(() => ok('third'), 5); throw new Error('late'); } };
const first = await never; return { first, get then() { return undefined; } };

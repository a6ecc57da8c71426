// id: own-f05-promises
// category: memory
// goal: microtask flood that holds everything it makes
// expect: kill
// outcome: failed
const kept = [];
const grow = () => { kept.push(new Array(1000).fill(kept.length)); queueMicrotask(grow); queueMicrotask(() => {}); };
grow(); await new Promise(() => {});

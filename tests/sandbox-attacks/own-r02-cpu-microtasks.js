// id: own-r02-cpu-microtasks
// category: cpu
// goal: microtasks that never let a timer run
// expect: killed at the wall clock
// outcome: failed
const spin = () => Promise.resolve().then(spin); await spin();

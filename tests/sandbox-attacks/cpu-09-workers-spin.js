// id: cpu-09-workers-spin
// category: cpu
// goal: 8 workers spinning (CPU starvation of the executor)
// expect: SIGKILL ends all threads; RLIMIT_CPU counts all of them
for (let i = 0; i < 8; i++) new Worker('data:text/javascript,for(;;){}', { type: 'module' }); for (;;) {}

// id: own-r06-processes
// category: subprocess
// goal: start a process or a thread
// expect: nothing to start with
// outcome: executed
for (const code of ['new Worker("data:text/javascript,1")', 'new SharedWorker("data:text/javascript,1")', 'new Deno.Command("id").outputSync()', 'process.kill(1, 0)', 'Deno.kill(1)', 'new (Function("return Deno")().Command)("id")'])
  await t(code, () => (0, eval)(code));
return out;

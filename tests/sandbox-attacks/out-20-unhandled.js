// id: out-20-unhandled
// category: serialization
// goal: unhandled rejection and timer error after return
// expect: run result is the frame; late errors are noise
Promise.reject(new Error('floating')); setTimeout(() => { throw new Error('late'); }, 10); await new Promise((r) => setTimeout(r, 60)); return 'survived';

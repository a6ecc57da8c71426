// id: out-05-deep-result
// category: output
// goal: result nested 100000 levels
// expect: cut at a depth limit, no crash of executor
let o = { v: 1 }; for (let i = 0; i < 1e5; i++) o = { o }; return o;

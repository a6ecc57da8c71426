// id: cpu-12-result-getter
// category: cpu
// goal: infinite loop inside a getter / toJSON of the returned object
// expect: SIGKILL at the wall clock
return { get rows() { for (;;) {} }, toJSON() { for (;;) {} } };

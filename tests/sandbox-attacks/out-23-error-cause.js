// id: out-23-error-cause
// category: serialization
// goal: error with cyclic cause and a huge AggregateError, 50 MB message
// expect: message cut
const e = new AggregateError(Array.from({ length: 1e5 }, (_, i) => new Error('e' + i)), 'm'.repeat(5e7)); e.cause = e; throw e;

// id: own-p11-endless-stack
// category: protocol
// goal: make the broker read a stack that takes it for ever
// expect: the text is cut where it is taken in
// outcome: failed
const error = new Error('x');
error.stack = 'x\n' + 'eval at , '.repeat(60000);
throw error;

// id: own-p09-escape-texts
// category: output
// goal: terminal escapes, NUL, lone surrogates and line separators in every text
// expect: kept as data
// outcome: any
console.log('\u001b[2J\u0000\ud800\u2028\r\n'); const e = new Error('\u001b]0;x\u0007\ud800'); await db.query('select \u0000').catch(() => {});
return { '\u0000\ud800': '\u001b[31m\u2028' };

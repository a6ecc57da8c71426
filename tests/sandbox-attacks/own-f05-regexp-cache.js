// id: own-f05-regexp-cache
// category: memory
// goal: millions of compiled functions and regular expressions
// expect: kill
// outcome: failed
const kept = [];
for (let n = 0; ; n++) kept.push(new RegExp('a{' + (n % 1000) + '}(b|c' + n + ')*'), Function('return ' + n + ';' + 'x;'.repeat(100)));

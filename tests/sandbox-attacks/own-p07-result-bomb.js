// id: own-p07-result-bomb
// category: serialization
// goal: a small object that is large as JSON
// expect: refused with words
// outcome: failed
let a = 'xxxxxxxxxx'; for (let n = 0; n < 12; n++) a = [a, a, a, a, a, a, a, a]; return a;

// id: own-d02-parameters
// category: database
// goal: values that try to be statements
// expect: they stay values
// outcome: executed
const text = "1'); drop table victims; --";
const { rows } = await db.query('select $1::text as a, $2::jsonb as b, $3::text[] as c', [text, { '"; drop': text }, [text, '{"', '\\']]);
if (rows[0].a !== text || rows[0].c[0] !== text) return 'CHANGED'; return 'HONEST';

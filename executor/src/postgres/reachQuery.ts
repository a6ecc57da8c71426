/** Bits of what is done to a relation's rows: those of triggers are the server's own (`tgtype`). */
export const changeBits = { rewrite: 1, insert: 4, delete: 8, update: 16, truncate: 32, default: 64 } as const

const everything = Object.values(changeBits).reduce((sum, bit) => sum + bit, 0)
const maxRelations = 4000
const maxObjects = 20_000
const maxTexts = 500

/** Objects below this number were made with the server itself (FirstNormalObjectId): what depends on them is not recorded, and they are known. */
const firstOwn = 16384

/**
 * What statements reach by names, and from the relations that they name by everything that the catalog hangs on these. `$1` functions, `$2` operators,
 * `$3` attributes, `$4` relations with `$5` what is done to each, `$6` operator classes, `$7` types, `$8` true where event triggers fire.
 * A row says: what it is, its name, whether it must not run READ ONLY, by what it is reached.
 */
// What superusers installed in C and declared as not volatile is believed. What is declared so and writes all the same is stopped by READ ONLY.
export const reachQuery = qualified(`
  with recursive named (oid, how) as (
    select c.oid, k.how from rows from (pg_catalog.unnest($4::pg_catalog.text[]), pg_catalog.unnest($5::pg_catalog.int4[])) k(name, how)
    join pg_catalog.pg_class c on c.relname = k.name
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname <> 'pg_catalog' and n.nspname <> 'information_schema'
  ), walked (oid, how) as (
    select oid, how from named
    union
    select e.oid, e.how from walked r cross join lateral (
      select d.refobjid, case when w.ev_type = '1' then r.how else ${everything} end
      from pg_catalog.pg_rewrite w
      join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and d.objid = w.oid
      where w.ev_class = r.oid and (w.ev_type = '1' or r.how <> 0)
        and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
      union all
      select d.refobjid, 0 from pg_catalog.pg_policy p
      join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass and d.objid = p.oid
      where p.polrelid = r.oid and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
      union all
      select i.inhrelid, case when r.how & ${changeBits.update} <> 0 then r.how | ${changeBits.insert | changeBits.delete} else r.how end
      from pg_catalog.pg_inherits i where i.inhparent = r.oid
      union all
      select i.indrelid, r.how from pg_catalog.pg_index i where i.indexrelid = r.oid
      union all
      select f.conrelid, x.how from pg_catalog.pg_constraint f cross join lateral (
        select r.how & ${changeBits.truncate}
          | case when r.how & ${changeBits.delete} <> 0 and f.confdeltype = 'c' then ${changeBits.delete} else 0 end
          | case when r.how & ${changeBits.update} <> 0 and f.confupdtype = 'c' then ${changeBits.update} else 0 end
          | case when r.how & ${changeBits.delete} <> 0 and f.confdeltype = any ('{n,d}'::pg_catalog."char"[])
              or r.how & ${changeBits.update} <> 0 and f.confupdtype = any ('{n,d}'::pg_catalog."char"[])
            then ${changeBits.update | changeBits.default} else 0 end) x(how)
      where r.how <> 0 and f.contype = 'f' and f.confrelid = r.oid and x.how <> 0
    ) e(oid, how)
  ), reached (oid, how) as materialized (
    select oid, how from walked limit ${maxRelations + 1}
  ), defaulted (oid, adrelid, adnum) as (
    select a.oid, a.adrelid, a.adnum from reached r
    join pg_catalog.pg_attrdef a on a.adrelid = r.oid
    join pg_catalog.pg_attribute c on c.attrelid = a.adrelid and c.attnum = a.adnum
    where r.how & ${changeBits.insert | changeBits.default} <> 0
      or (pg_catalog.to_jsonb(c) ->> 'attgenerated') <> '' and (r.how <> 0 or (pg_catalog.to_jsonb(c) ->> 'attgenerated') = 'v')
  ), root (classid, objid) as (
    select 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid, oid from reached
    union all
    select 'pg_catalog.pg_type'::pg_catalog.regclass, c.reltype from reached r
    join pg_catalog.pg_class c on c.oid = r.oid where c.reltype <> 0
    union all
    select 'pg_catalog.pg_rewrite'::pg_catalog.regclass, w.oid from reached r
    join pg_catalog.pg_rewrite w on w.ev_class = r.oid where w.ev_type = '1' or r.how <> 0
    union all
    select 'pg_catalog.pg_policy'::pg_catalog.regclass, p.oid from reached r
    join pg_catalog.pg_policy p on p.polrelid = r.oid
    union all
    select 'pg_catalog.pg_attrdef'::pg_catalog.regclass, oid from defaulted
    union all
    select 'pg_catalog.pg_trigger'::pg_catalog.regclass, t.oid from reached r
    join pg_catalog.pg_trigger t on t.tgrelid = r.oid where t.tgenabled <> 'D' and t.tgtype & r.how <> 0
    union all
    select 'pg_catalog.pg_constraint'::pg_catalog.regclass, k.oid from reached r
    join pg_catalog.pg_constraint k on k.conrelid = r.oid where r.how <> 0
    union all
    select 'pg_catalog.pg_class'::pg_catalog.regclass, i.indexrelid from reached r
    join pg_catalog.pg_index i on i.indrelid = r.oid where r.how <> 0
    union all
    select 'pg_catalog.pg_opclass'::pg_catalog.regclass, o.oid from reached r
    join pg_catalog.pg_index i on i.indrelid = r.oid
    join pg_catalog.pg_opclass o on o.oid = any (i.indclass) where o.oid >= ${firstOwn}
    union all
    select d.classid, d.objid from reached r
    join pg_catalog.pg_depend d on d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid = r.oid
    where r.how & ${changeBits.rewrite} <> 0 and d.classid = 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass
    union all
    select 'pg_catalog.pg_opclass'::pg_catalog.regclass, oid from pg_catalog.pg_opclass
    where oid >= ${firstOwn} and (opcdefault and opcintype < ${firstOwn} or opcname = any ($6::pg_catalog.text[]))
    union all
    select 'pg_catalog.pg_type'::pg_catalog.regclass, oid from pg_catalog.pg_type
    where oid >= ${firstOwn} and typname = any ($7::pg_catalog.text[])
    union all
    select 'pg_catalog.pg_cast'::pg_catalog.regclass, oid from pg_catalog.pg_cast
    where oid >= ${firstOwn} and castsource < ${firstOwn} and casttarget < ${firstOwn}
    union all
    select 'pg_catalog.pg_event_trigger'::pg_catalog.regclass, oid from pg_catalog.pg_event_trigger
    where $8 and evtenabled <> 'D' and evtevent <> 'login'
  ), hung (classid, objid) as (
    select classid, objid from root
    union
    select e.classid, e.objid from hung o cross join lateral (
      select d.refclassid, d.refobjid from pg_catalog.pg_depend d
      where d.classid = o.classid and d.objid = o.objid and d.refclassid = any (array[
        'pg_catalog.pg_type'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass,
        'pg_catalog.pg_opclass'::pg_catalog.regclass, 'pg_catalog.pg_opfamily'::pg_catalog.regclass]::pg_catalog.oid[])
      union all
      select 'pg_catalog.pg_amproc'::pg_catalog.regclass, p.oid from pg_catalog.pg_amproc p
      where p.oid >= ${firstOwn} and (o.classid = 'pg_catalog.pg_opfamily'::pg_catalog.regclass and p.amprocfamily = o.objid
        or o.classid = 'pg_catalog.pg_type'::pg_catalog.regclass and (p.amproclefttype = o.objid or p.amprocrighttype = o.objid))
      union all
      select 'pg_catalog.pg_amop'::pg_catalog.regclass, p.oid from pg_catalog.pg_amop p
      where p.oid >= ${firstOwn} and (o.classid = 'pg_catalog.pg_opfamily'::pg_catalog.regclass and p.amopfamily = o.objid
        or o.classid = 'pg_catalog.pg_type'::pg_catalog.regclass and (p.amoplefttype = o.objid or p.amoprighttype = o.objid))
      union all
      select t.classid, t.objid from (
        select 'pg_catalog.pg_cast'::pg_catalog.regclass, c.oid from pg_catalog.pg_cast c
        where c.castsource = o.objid or c.casttarget = o.objid and c.castsource < ${firstOwn}
        union all
        select 'pg_catalog.pg_operator'::pg_catalog.regclass, p.oid from pg_catalog.pg_operator p
        where p.oprleft = o.objid or p.oprright = o.objid
        union all
        select 'pg_catalog.pg_opclass'::pg_catalog.regclass, p.oid from pg_catalog.pg_opclass p
        where p.opcintype = o.objid
        union all
        select 'pg_catalog.pg_constraint'::pg_catalog.regclass, k.oid from pg_catalog.pg_constraint k
        where k.contypid = o.objid
        union all
        select 'pg_catalog.pg_type'::pg_catalog.regclass, a.typarray from pg_catalog.pg_type a
        where a.oid = o.objid and a.typarray <> 0
        union all
        select 'pg_catalog.pg_class'::pg_catalog.regclass, a.typrelid from pg_catalog.pg_type a
        where a.oid = o.objid and a.typrelid <> 0
      ) t(classid, objid)
      where o.classid = 'pg_catalog.pg_type'::pg_catalog.regclass
    ) e(classid, objid)
  ), object (classid, objid) as materialized (
    select classid, objid from hung limit ${maxObjects + 1}
  ), unknown (oid, proname, provolatile) as (
    select p.oid, p.proname, p.provolatile from pg_catalog.pg_proc p
    join pg_catalog.pg_language l on l.oid = p.prolang
    where p.oid >= ${firstOwn} and (p.provolatile = 'v' or l.lanname <> 'c' and l.lanname <> 'internal')
  ), text (what, words) as (
    select pg_catalog.pg_describe_object(o.classid, o.objid, 0), case
      when o.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass then
        (select pg_catalog.pg_get_expr(a.adbin, a.adrelid) from pg_catalog.pg_attrdef a where a.oid = o.objid)
      when o.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass then
        (select pg_catalog.pg_get_constraintdef(k.oid) from pg_catalog.pg_constraint k where k.oid = o.objid and k.contype = 'c')
      when o.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass then
        (select pg_catalog.pg_get_triggerdef(t.oid) from pg_catalog.pg_trigger t where t.oid = o.objid and t.tgqual is not null)
      when o.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass then pg_catalog.pg_get_ruledef(o.objid)
      when o.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass then
        (select pg_catalog.concat(pg_catalog.pg_get_expr(p.polqual, p.polrelid), ' ', pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid))
         from pg_catalog.pg_policy p where p.oid = o.objid)
      end
    from object o
  )
  (select * from (
    select 'function', p.proname::pg_catalog.text, p.provolatile = 'v' as writes, null::pg_catalog.text from unknown p
    where p.proname = any ($1::pg_catalog.text[])
      or exists (select 1 from pg_catalog.pg_operator o where o.oprcode = p.oid and o.oprname = any ($2::pg_catalog.text[]))
      or p.proname = any ($3::pg_catalog.text[])
        and exists (select 1 from pg_catalog.pg_proc f where f.oid = p.oid and f.pronargs > 0)
   ) f order by writes desc limit 1)
  union all
  (select 'function', p.proname::pg_catalog.text, false, pg_catalog.pg_describe_object(o.classid, o.objid, 0)
   from object o
   join pg_catalog.pg_depend d on d.classid = o.classid and d.objid = o.objid
   join unknown p on p.oid = d.refobjid
   where d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass limit 1)
  union all
  (select 'foreign table', c.relname::pg_catalog.text, false, null from reached r
   join pg_catalog.pg_class c on c.oid = r.oid where c.relkind = 'f' limit 1)
  union all
  (select 'identity', pg_catalog.concat(c.relname, '.', a.attname), false, null from reached r
   join pg_catalog.pg_class c on c.oid = r.oid
   join pg_catalog.pg_attribute a on a.attrelid = c.oid
   where r.how & ${changeBits.insert | changeBits.default} <> 0 and a.attidentity <> '' and not a.attisdropped limit 1)
  union all
  (select 'beyond bounds', '', false, null
   where (select pg_catalog.count(*) from reached) > ${maxRelations}
      or (select pg_catalog.count(*) from object) > ${maxObjects}
      or (select pg_catalog.count(distinct words) from text) > ${maxTexts})
  union all
  (select 'text', pg_catalog.min(what), false, words from text where words is not null group by words limit ${maxTexts})`)

/** No operator of the users' own may take the place of PostgreSQL's. */
function qualified(text: string): string {
  return text.replaceAll(/ (=|<>|>=|<|>|&|\||->>) /g, ' operator(pg_catalog.$1) ')
}

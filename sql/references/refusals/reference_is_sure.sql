-- pydb_internal.reference_is_sure (refusals): whether to ask a stored expression can raise no error, whatever the
-- values.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.reference_is_sure(p_tree text)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    -- what compares two values, and the few functions that say yes to all that they get
    select p_tree !~ '(SUBSCRIPTINGREF|MINMAX|COERCEVIAIO)' and not exists (
        select 1
        from regexp_matches(p_tree, ':(?:funcid|opfuncid) ([0-9]+)', 'g') as f (found)
        left join pg_catalog.pg_proc as p on p.oid = f.found[1]::oid
        where f.found[1] <> '0' and (
            p.proname is null or p.proname not in (
                'num_nulls', 'num_nonnulls', 'length', 'char_length', 'character_length', 'octet_length', 'cardinality',
                'lower', 'upper', 'btrim', 'ltrim', 'rtrim', 'starts_with', 'isfinite', 'isempty', 'text', 'not'
            )
            and not exists (
                select 1
                from pg_catalog.pg_operator as o
                inner join pg_catalog.pg_amop as m on m.amopopr = o.oid
                inner join pg_catalog.pg_am as a on a.oid = m.amopmethod and a.amname in ('btree', 'hash')
                where o.oprcode = p.oid and o.oprnamespace = 'pg_catalog'::regnamespace
            )
            and not exists (
                select 1
                from pg_catalog.pg_operator as o
                inner join pg_catalog.pg_operator as e on e.oid = o.oprnegate
                inner join pg_catalog.pg_amop as m on m.amopopr = e.oid
                inner join pg_catalog.pg_am as a on a.oid = m.amopmethod and a.amname in ('btree', 'hash')
                where o.oprcode = p.oid
            )
        )
    );
$$;

comment on function pydb_internal.reference_is_sure(text) is
'True for an expression tree of comparisons, null tests and functions that take every value: it can stand in a condition
of others, and that never fails because of it.';

revoke all on function pydb_internal.reference_is_sure(text) from public;

-- pydb_internal.reference_is_plain (refusals): whether a stored expression can be asked by whoever looks: it calls
-- nothing but what PostgreSQL brings along, and always says the same.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.reference_is_plain(p_tree text)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    -- these call what no function number of theirs says
    select p_tree !~ ('(SUBLINK|SUBPLAN|ROWCOMPARE|MINMAX|COERCEVIAIO|COERCETODOMAIN |ARRAYCOERCE|CONVERTROWTYPE|'
        || 'NEXTVALUE|SQLVALUE|XMLEXPR|JSON|AGGREF|WINDOWFUNC)') and not exists (
        select 1
        from regexp_matches(
            p_tree, ':(?:funcid|opfuncid|hashfuncid|negfuncid) ([0-9]+)', 'g'
        ) as f (found)
        left join pg_catalog.pg_proc as p on p.oid = f.found[1]::oid
        where f.found[1] <> '0' and (
            p.pronamespace is distinct from 'pg_catalog'::regnamespace or p.provolatile <> 'i'
        )
    );
$$;

comment on function pydb_internal.reference_is_plain(text) is
'True for an expression tree (pg_constraint.conbin, pg_attrdef.adbin) of immutable functions and operators of schema
pg_catalog alone, so that to ask it runs nobody''s code.';

revoke all on function pydb_internal.reference_is_plain(text) from public;

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
        || 'NEXTVALUE|SQLVALUE|XMLEXPR|JSON|AGGREF|WINDOWFUNC|ROWEXPR|FIELDS)') and not exists (
        select 1
        from regexp_matches(
            p_tree, ':(?:funcid|opfuncid|hashfuncid|negfuncid) ([0-9]+)', 'g'
        ) as f (found)
        left join pg_catalog.pg_proc as p on p.oid = f.found[1]::oid
        where f.found[1] <> '0' and (
            p.pronamespace is distinct from 'pg_catalog'::regnamespace or p.provolatile <> 'i'
        )
    -- nor may a value or a cast lead to what a type's owner wrote: the text is parsed anew where it is asked. Of what
    -- is only asked for null the type does not matter
    ) and not exists (
        select 1
        from regexp_matches(
            regexp_replace(p_tree, '[{]NULLTEST :arg [{]VAR [^{}]*[}]', '', 'g'),
            ':(var|const|param|funcresult|opresult|result|case|coalesce|array_|element_|refcontainer|refelem|refrest)'
            'type(?:id)? ([0-9]+)', 'g'
        ) as f (found)
        where case f.found[1]
            when 'var' then pydb_internal.type_plain(f.found[2]::oid) is null
            else pydb_internal.type_plain(f.found[2]::oid) is distinct from f.found[2]::oid
        end
    ) and not exists (
        select 1
        from regexp_matches(p_tree, ':opno ([0-9]+)', 'g') as f (found)
        left join pg_catalog.pg_operator as o on o.oid = f.found[1]::oid
        where o.oprnamespace is distinct from 'pg_catalog'::regnamespace
    );
$$;

comment on function pydb_internal.reference_is_plain(text) is
'True for an expression tree (pg_constraint.conbin, pg_attrdef.adbin) of immutable functions and operators of schema
pg_catalog alone, over plain types (type_plain), so that to ask it runs nobody''s code.';

revoke all on function pydb_internal.reference_is_plain(text) from public;

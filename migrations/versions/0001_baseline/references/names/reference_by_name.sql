-- pydb_internal.reference_by_name (names): the references that a name can mean, declared and logical, also those whose
-- table is gone.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.reference_by_name(p_name text)
returns table (reference text, kind text, parent oid)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_part constant text[] := pydb_internal.reference_parse(p_name);
    v_count constant integer := cardinality(v_part);
begin
    return query
    select format('%I.%I.%I', n.nspname, c.relname, k.conname), 'declared'::text, k.confrelid
    from pg_constraint as k
    inner join pg_class as c on c.oid = k.conrelid
    inner join pg_namespace as n on n.oid = c.relnamespace
    where k.contype = 'f' and k.conparentid = 0 and v_count between 1 and 3
        and k.conname = v_part[v_count]
        and (v_count < 2 or c.relname = v_part[v_count - 1])
        and (v_count < 3 or n.nspname = v_part[1])
    union all
    select r.name, 'logical', r.parent::oid
    from pydb.reference as r
    where r.name = p_name
        or (v_count between 1 and 3 and (pydb_internal.reference_parse(r.name))[4 - v_count:3] = v_part)
    order by 1;
end
$$;

comment on function pydb_internal.reference_by_name(text) is
'References whose name ends with the parts given: schema.table.name, table.name or the bare name.';

revoke all on function pydb_internal.reference_by_name(text) from public;

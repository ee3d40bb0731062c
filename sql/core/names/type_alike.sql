-- pydb_internal.type_alike (names; by retention_mapping_problem): one type for all those whose values compare with
-- each other as what they are.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.type_alike(p_type oid)
returns oid
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select case
        when t.type in ('int2'::regtype, 'int4'::regtype) then 'int8'::regtype::oid
        when t.type = 'varchar'::regtype then 'text'::regtype::oid
        else t.type
    end
    from (select pydb_internal.type_plain(p_type) as type) as t;
$$;

comment on function pydb_internal.type_alike(oid) is
'As pydb_internal.type_plain, whole numbers of any size being bigint, and varchar text.';

revoke all on function pydb_internal.type_alike(oid) from public;

-- pydb_internal.erasure_key_source (ledger): SQL text of the key of a row, in the one way in which it is hashed.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.erasure_key_source(
    p_relation oid,
    p_columns name[],
    p_names name[],
    p_alias text
)
returns text
language plpgsql -- it keeps its plan
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select format('jsonb_build_object(%s)', string_agg(format(
            case
                when f.type in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'numeric'::regtype)
                    then '%1$L, trim_scale(%2$s.%3$I::numeric)' -- 1.0 is 1, of whatever type
                when f.category = 'S' then '%1$L, %2$s.%3$I::text'
                else '%1$L, %2$s.%3$I::%4$s'
            end, f.name, p_alias, f.own, format_type(f.read, -1)
        ), ', ' order by f.ord))
        from (
            select
                n.name, n.own, n.ord, pydb_internal.type_read(a.atttypid) as read, t.typcategory as category,
                pydb_internal.reference_base_type(a.atttypid) as type
            from unnest(p_names, p_columns) with ordinality as n (name, own, ord)
            inner join pg_attribute as a on a.attrelid = p_relation and a.attname = n.own
            inner join pg_type as t on t.oid = a.atttypid
        ) as f
    );
end
$$;

comment on function pydb_internal.erasure_key_source(oid, name[], name[], text) is
'Expression that makes a jsonb object of p_columns of a row (p_alias), under the names p_names. To be read with settings
that fix how values are written.';

revoke all on function pydb_internal.erasure_key_source(oid, name[], name[], text) from public;

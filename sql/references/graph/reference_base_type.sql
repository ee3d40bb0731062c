-- pydb_internal.reference_base_type (graph): the type that a domain is made of, through domains over domains; any other
-- type itself.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.reference_base_type(p_type oid)
returns oid
language plpgsql -- it keeps its plan
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_type oid := p_type;
    v_kind "char";
begin
    loop
        select t.typtype, case t.typtype when 'd' then t.typbasetype else t.oid end into v_kind, v_type
        from pg_catalog.pg_type as t
        where t.oid = v_type;
        exit when v_kind is distinct from 'd';
    end loop;
    return v_type;
end
$$;

comment on function pydb_internal.reference_base_type(oid) is 'Base type of a domain, or the type itself.';

revoke all on function pydb_internal.reference_base_type(oid) from public;

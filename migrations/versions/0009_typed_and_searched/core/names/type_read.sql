-- pydb_internal.type_read (names): the type as which the current role reads a value without running what somebody wrote
-- who could not run it as this role himself.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.type_read(p_type oid)
returns oid
language plpgsql -- it keeps its plan
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select case
            when t.typnamespace = 'pg_catalog'::regnamespace or pg_has_role(t.typowner, current_user, 'MEMBER')
                then t.oid
            else pydb_internal.type_plain(t.oid)
        end
        from pg_catalog.pg_type as t
        where t.oid = p_type
    );
end
$$;

comment on function pydb_internal.type_read(oid) is
'The type itself, where its owner could become the current role; else type_plain of it, which may be null.';

revoke all on function pydb_internal.type_read(oid) from public;

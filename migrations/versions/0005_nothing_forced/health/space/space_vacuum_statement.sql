-- pydb_internal.space_vacuum_statement (space; for pydb/space.py): the VACUUM of a table; null where this role may not.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.space_vacuum_statement(p_relation oid)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_may boolean;
begin
    -- the server would only warn, and leave the table out
    select pg_has_role(c.relowner, 'USAGE') or exists (
        select from pg_database as d
        where d.datname = current_database() and pg_has_role(d.datdba, 'USAGE')
    ) into v_may
    from pg_class as c
    where c.oid = p_relation;
    if not v_may and current_setting('server_version_num')::integer >= 170000 then
        v_may := has_table_privilege(p_relation, 'MAINTAIN');
    end if;
    return case when v_may
        then format('vacuum (analyze, skip_locked) %s', pydb_internal.relation_name(p_relation)) end;
end
$$;

comment on function pydb_internal.space_vacuum_statement(oid) is
'vacuum (analyze, skip_locked) of the table: for its owner, the owner of the database, from 17 on for who has
MAINTAIN.';

revoke all on function pydb_internal.space_vacuum_statement(oid) from public;

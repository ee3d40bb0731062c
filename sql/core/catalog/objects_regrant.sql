-- pydb_internal.objects_regrant (catalog; by objects_register): gives back the grants of routines that a revision had
-- to drop and make anew.
-- reads pg_catalog and setting pydb.grants_before   writes grants   locks the rows of pg_proc
-- raises nothing
create or replace function pydb_internal.objects_regrant()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_before constant jsonb := coalesce(nullif(current_setting('pydb.grants_before', true), ''), '[]')::jsonb;
    v_grant record;
begin
    for v_grant in
        select p.oid::regprocedure as routine, b.grantee, b.grantable
        from jsonb_to_recordset(v_before) as b (schema name, routine name, grantee name, grantable boolean)
        join pg_namespace as n on n.nspname = b.schema
        join pg_proc as p on p.pronamespace = n.oid and p.proname = b.routine
        where not exists (
            select from pydb_internal.objects_grants() as g
            where g.schema = b.schema and g.routine = b.routine and g.grantee = b.grantee
        )
    loop
        execute format('grant execute on routine %s to %I%s', v_grant.routine, v_grant.grantee,
            case when v_grant.grantable then ' with grant option' else '' end);
    end loop;
end
$$;

comment on function pydb_internal.objects_regrant() is
'Part of the last step of a revision: a routine whose answer got another type is dropped and made anew, and would be
granted to nobody.';

revoke all on function pydb_internal.objects_regrant() from public;

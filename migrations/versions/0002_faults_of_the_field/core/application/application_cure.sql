-- pydb_internal.application_cure (application): what to type after an error in code of the application.
-- reads pg_db_role_setting   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.application_cure(p_sqlstate text)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_ours text[];
    v_path text;
begin
    if p_sqlstate not in ('42P01', '42883', '42704', '3F000', '42P02', '42703') then
        return null;
    end if;
    v_ours := pydb_internal.application_enter();
    v_path := pg_catalog.current_setting('search_path');
    perform pydb_internal.application_leave(v_ours);
    return format(
        'alter role %I in database %I set search_path = …; -- the schemas that its code names bare; now it is %s',
        current_user, current_database(), v_path
    );
end
$$;

comment on function pydb_internal.application_cure(text) is
'Hint for an error of that SQLSTATE in a trigger or another function of the application: where something was not found,
under which search_path it was looked for; null for other errors.';

revoke all on function pydb_internal.application_cure(text) from public;

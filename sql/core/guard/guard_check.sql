-- pydb_internal.guard_check (guard; by cascade_check_switch): refuse to delete in a database that was
-- restored, promoted or copied, until somebody allowed it.
-- reads and writes what guard_admit does   locks nothing else
-- raises YD840
create or replace function pydb_internal.guard_check()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_problem constant text := pydb_internal.guard_admit();
begin
    if v_problem is not null then
        raise exception using errcode = 'YD840', message = v_problem, detail = 'Nothing was deleted.',
            hint = 'If this is where it should delete: select pydb.guard_allow(''why'');';
    end if;
end
$$;

comment on function pydb_internal.guard_check() is
'Raises YD840 where pydb_internal.guard_admit has something to say.';

revoke all on function pydb_internal.guard_check() from public;

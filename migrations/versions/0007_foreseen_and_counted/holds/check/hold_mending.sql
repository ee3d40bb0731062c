-- pydb_internal.hold_mending (check; by hold_status): what to type where a hold cannot be followed.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.hold_mending(p_hold pydb.hold)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select pydb_internal.shell_command(
        'pydb hold place', array[
            'NEW-NAME', pydb_internal.relation_name(pydb_internal.hold_relation(p_hold)::regclass)
        ], '--' || p_hold.kind || ' … --reason …'
    ) || ', which says it as it is now; then: '
    || pydb_internal.shell_command('pydb hold release', array[p_hold.name], '--reason …');
$$;

comment on function pydb_internal.hold_mending(pydb.hold) is
'Another hold first, so that what was held is held all the time; then the end of this one.';

revoke all on function pydb_internal.hold_mending(pydb.hold) from public;

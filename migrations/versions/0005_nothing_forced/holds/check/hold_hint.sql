-- pydb_internal.hold_hint (check): what to type where a hold refuses a delete.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.hold_hint(p_names text[])
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select format('select * from pydb.hold_release(%1$L, ''why''); or, with the right to it, for some rows: '
        'select pydb.hold_override(%1$L, ''schema.table'', ''[{"id": 42}]'', ''why'');', p_names[1]);
$$;

comment on function pydb_internal.hold_hint(text[]) is 'The next command, for the first of some holds.';

revoke all on function pydb_internal.hold_hint(text[]) from public;

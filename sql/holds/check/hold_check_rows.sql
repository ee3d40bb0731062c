-- pydb_internal.hold_check_rows (check): before some rows go or are changed, in the caller's transaction, which has
-- locked the gate: refuse where a hold keeps one of them.
-- reads the relation, and what its rows are held by   writes nothing   locks nothing above a select
-- raises YD103 YD114 YD703 YD704
create or replace function pydb_internal.hold_check_rows(p_relation oid, p_tids tid[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set row_security = off
set jit = off
as $$
declare
    v_names constant text[] := pydb_internal.hold_names_of(p_relation, 't.ctid = any($1)', null, 10, p_tids);
begin
    if v_names <> '{}' then
        raise exception using errcode = 'YD703',
            message = format('rows of %s are held by %s', pydb_internal.relation_name(p_relation),
                array_to_string(v_names, ', ')),
            detail = pydb_internal.hold_said(v_names) || '. Nothing was changed.',
            hint = pydb_internal.hold_hint(v_names);
    end if;
end
$$;

comment on function pydb_internal.hold_check_rows(oid, tid[]) is 'Lets rows of a relation pass that no hold keeps.';

revoke all on function pydb_internal.hold_check_rows(oid, tid[]) from public;

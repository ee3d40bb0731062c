-- pydb_internal.cascade_check_copies (held; by cascade_purge_rows): before copies in an archive go for good: refuse
-- where a hold keeps one. No hold is placed from here to the commit.
-- reads the archive, and what its rows are held by   writes nothing   locks the gate of holds
-- raises YD103 YD114 YD703 YD704
create or replace function pydb_internal.cascade_check_copies(p_chunk pydb_internal.run_chunk)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_free text;
    v_found boolean;
begin
    if not pydb_internal.archive_enter(p_chunk.relation) then
        return;
    end if;
    v_free := pydb_internal.archive_free_condition(p_chunk.relation);
    if v_free <> '' then
        execute format(
            'select exists (select from %s as a where a.ctid = any($1) and not (true%s))',
            pydb_internal.relation_name(p_chunk.relation), v_free
        ) into v_found using p_chunk.tids;
    end if;
    if v_found then
        raise exception using errcode = 'YD703',
            message = format('rows in %s are held', pydb_internal.relation_name(p_chunk.relation)),
            detail = 'What is held of a table is held in its archive too. Nothing was changed.',
            hint = 'select name, relation, reason from pydb.hold_status where state = ''active'';';
    end if;
end
$$;

comment on function pydb_internal.cascade_check_copies(pydb_internal.run_chunk) is
'Lets copies pass that no hold keeps.';

revoke all on function pydb_internal.cascade_check_copies(pydb_internal.run_chunk) from public;

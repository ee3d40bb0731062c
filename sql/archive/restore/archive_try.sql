-- pydb_internal.archive_try (restore; by archive_restore_rows): put the rows of parts back that belong together; what
-- cannot go back stays, or stops it.
-- writes the tables, the archives   locks what it writes
-- raises YD605, and what is no matter of rows
create or replace function pydb_internal.archive_try(
    p_parts pydb_internal.archive_part[],
    p_on_conflict text,
    out parts pydb_internal.archive_part[],
    out done bigint[]
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_one record;
    v_said text;
    v_detail text;
    v_code text;
begin
    parts := p_parts;
    for v_try in 1 .. 2 loop
        begin
            done := pydb_internal.archive_put(parts);
            return;
        exception when assert_failure or others then
            get stacked diagnostics
                v_said = message_text, v_detail = pg_exception_detail, v_code = returned_sqlstate;
            if not pydb_internal.archive_is_conflict(v_code) then
                raise;
            end if;
        end;
        if p_on_conflict = 'stop' then
            raise exception using errcode = 'YD605', message = case
                    when (p_parts[1]).run_id is null then 'the import is stopped: ' else 'the restore is stopped: '
                end || v_said,
                detail = concat_ws(
                    ' ', pydb_internal.application_detail(v_code, v_detail), 'Nothing was put back.'
                ), hint = format(
                    'See all of them: select * from pydb.archive_restore(%s, p_dry_run => true); then '
                    'p_on_conflict => ''skip'' leaves them in the archive.', (p_parts[1]).run_id
                );
        end if;
        if v_try = 1 and v_code in ('23503', '23505') then
            parts := pydb_internal.archive_sieve(parts);
        end if;
    end loop;
    if cardinality(parts) = 1 then
        v_one := pydb_internal.archive_one_by_one(parts[1]);
        parts[1] := v_one.part;
        done := array[v_one.done];
        return;
    end if;
    -- tables that reference each other go back together or not at all
    for v_number in 1 .. cardinality(parts) loop
        parts[v_number] := pydb_internal.archive_keep_all(parts[v_number], 'ring', v_said);
        done[v_number] := 0;
    end loop;
end
$$;

comment on function pydb_internal.archive_try(pydb_internal.archive_part[], text) is
'Puts parts of one place back: all at once, else without what keys refuse, else (a single table) row by row. stop: the
first that refuses raises YD605.';

revoke all on function pydb_internal.archive_try(pydb_internal.archive_part[], text) from public;

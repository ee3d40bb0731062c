-- pydb_internal.archive_restore_rows (restore): put back what a run took, place by place.
-- writes the tables, the archives, pydb.archive_run   locks what it writes
-- raises YD605, and what inserts raise
create or replace function pydb_internal.archive_restore_rows(
    p_restore bigint,
    p_parts pydb_internal.archive_part[],
    p_on_conflict text,
    p_max_rows bigint,
    p_dry_run boolean
)
returns pydb.archive_step[]
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_steps pydb.archive_step[] := '{}'::pydb.archive_step[];
    v_group pydb_internal.archive_part[];
    v_part pydb_internal.archive_part;
    v_is_divisible boolean;
    v_done bigint[];
    v_left bigint := p_max_rows;
begin
    for v_place in 1 .. coalesce((select max(u.place) from unnest(p_parts) as u), 0) loop
        v_group := array(select u from unnest(p_parts) as u where u.place = v_place);
        -- a row and its parent in the same table go back in one statement
        v_is_divisible := cardinality(v_group) = 1 and not exists (
            select from pg_constraint as k
            where k.contype = 'f' and k.conrelid = (v_group[1]).source and k.confrelid = k.conrelid
        );
        v_group := array(
            select pydb_internal.archive_fit(u, v_left, v_is_divisible, p_on_conflict) from unnest(v_group) as u
        );
        v_done := array_fill(0::bigint, array[cardinality(v_group)]);
        if (select sum(coalesce(cardinality(u.tids), u.rows) - cardinality(u.kept)) from unnest(v_group) as u) > 0 then
            select t.parts, t.done into v_group, v_done from pydb_internal.archive_try(v_group, p_on_conflict) as t;
        end if;
        for v_number in 1 .. cardinality(v_group) loop
            v_part := v_group[v_number];
            if v_part.run_id is not null then
                perform pydb_internal.archive_return(p_restore, v_part.run_id, v_part.archive, v_done[v_number]);
            end if;
            if v_done[v_number] > 0 and not p_dry_run and pydb_internal.archive_sequences(v_part.source) then
                v_part.codes := v_part.codes || 'sequence'::text;
            end if;
            v_left := v_left - v_done[v_number];
            v_steps := v_steps || row(
                v_part.source_name, coalesce(case when 'later' <> all(v_part.codes) then cardinality(v_part.tids) end,
                    v_part.rows), v_done[v_number], cardinality(v_part.kept), v_part.codes, v_part.found
            )::pydb.archive_step;
        end loop;
    end loop;
    return v_steps;
end
$$;

comment on function pydb_internal.archive_restore_rows(
    bigint, pydb_internal.archive_part[], text, bigint, boolean
) is
'Puts parts back in their order, at most p_max_rows rows where tables can be divided: what was done with each.';

revoke all on function pydb_internal.archive_restore_rows(
    bigint, pydb_internal.archive_part[], text, bigint, boolean
) from public;

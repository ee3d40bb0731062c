-- pydb_internal.retention_delete (delete; by retention_take): delete the rows of one range; the only place that
-- deletes.
-- writes the target, its archive   locks the rows it deletes
-- raises YD601 YD602 YD603
create or replace function pydb_internal.retention_delete(
    p_relation oid,
    p_condition text,
    p_limit bigint,
    p_skip_locked boolean,
    p_archive bigint default null
)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_table text := pydb_internal.relation_name(p_relation);
    v_rows bigint;
    v_tids tid[];
    v_ours text[];
begin
    if p_archive is not null then
        return pydb_internal.retention_archive(p_archive, p_relation, p_condition, p_limit, p_skip_locked);
    elsif pydb_internal.relation_has_code(p_relation) then
        -- The condition is read under our settings, triggers and rules run under theirs: so in two statements. A row
        -- that somebody changes in between has another place, and stays for the next look.
        execute format(
            'select array(select t.ctid from only %s as t where %s%s%s)', v_table, p_condition,
            coalesce(' limit ' || p_limit, ''), case when p_skip_locked then ' for update skip locked' else '' end
        ) into v_tids;
        v_table := format(
            '/* pydb */ delete from only %s as t where t.ctid operator(pg_catalog.=) any($1)
            and coalesce(t.ctid operator(pg_catalog.=) any($1), false)', v_table
        );
        v_ours := pydb_internal.application_enter();
        execute v_table using v_tids;
        get diagnostics v_rows = row_count;
        perform pydb_internal.application_leave(v_ours);
        return v_rows;
    elsif p_limit is null and not p_skip_locked then
        execute format('delete from only %s as t where %s', v_table, p_condition);
    else
        -- the condition stands in the delete too: a row that changed since it was chosen is judged again
        execute format(
            'delete from only %1$s as t
            where t.ctid = any(array(select t.ctid from only %1$s as t where %2$s%3$s%4$s)) and %2$s',
            v_table, p_condition, coalesce(' limit ' || p_limit, ''),
            case when p_skip_locked then ' for update skip locked' else '' end
        );
    end if;
    get diagnostics v_rows = row_count;
    return v_rows;
end
$$;

comment on function pydb_internal.retention_delete(oid, text, bigint, boolean, bigint) is
'Deletes the rows of one relation that meet a condition, at most p_limit of them, and around locked ones if asked;
returns how many. p_archive: run that keeps them in the archive.';

revoke all on function pydb_internal.retention_delete(oid, text, bigint, boolean, bigint) from public;

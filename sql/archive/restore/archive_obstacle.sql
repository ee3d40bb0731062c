-- pydb_internal.archive_obstacle (restore): why no row of a part can go back: its table is not what it was.
-- reads the catalog, the archive   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.archive_obstacle(
    p_part pydb_internal.archive_part,
    out code text,
    out what text
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_column record;
    v_is_used boolean;
begin
    if pydb_internal.relation_name((p_part).source) is null then
        code := 'table_gone';
        what := 'it was dropped; a new table of the same name is another one';
        return;
    end if;
    for v_column in
        select k.name, k.type, s.name as present, s.type as now
        from pydb_internal.archive_columns((p_part).archive) as k
        left join pydb_internal.archive_columns((p_part).source) as s on s.name = k.name
        where k.name not in ('pydb_run_id', 'pydb_archived_at') and s.type is distinct from k.type
    loop
        if v_column.present is not null then
            code := 'column_type';
            what := format('column %I was %s and is %s', v_column.name, v_column.type, v_column.now);
            return;
        end if;
        execute format(
            'select exists (select 1 from %s as a where %s and a.%I is not null)',
            pydb_internal.relation_name((p_part).archive), pydb_internal.archive_condition(p_part, 1), v_column.name
        ) into v_is_used using array[p_part];
        if v_is_used then
            code := 'column_gone';
            what := format('column %I is gone, and rows have values there', v_column.name);
            return;
        end if;
    end loop;
end
$$;

comment on function pydb_internal.archive_obstacle(pydb_internal.archive_part) is
'table_gone, column_gone (where rows have a value in it) or column_type, and what it is; null where the rows fit.';

revoke all on function pydb_internal.archive_obstacle(pydb_internal.archive_part) from public;

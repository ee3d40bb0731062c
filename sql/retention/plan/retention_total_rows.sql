-- pydb_internal.retention_total_rows (plan): rows of one relation: counted where that is cheap, else estimated as the
-- planner does.
-- reads the relation   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.retention_total_rows(p_relation oid, p_exact boolean default false)
returns bigint
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_pages bigint := pg_relation_size(p_relation) / current_setting('block_size')::bigint;
    v_estimate float8;
    v_count bigint;
begin
    select c.reltuples / nullif(c.relpages, 0) * v_pages into v_estimate
    from pg_class as c
    where c.oid = p_relation and c.reltuples >= 0;
    if p_exact is null then
        return coalesce(round(v_estimate), 0)::bigint;
    elsif p_exact or v_pages < 4096 or v_estimate is null then
        begin
            execute format('select count(*) from only %s', pydb_internal.relation_name(p_relation)) into v_count;
            perform pydb_internal.retention_undo();
        exception when sqlstate 'YD902' then
            return v_count; -- as in retention_measure
        end;
    end if;
    return round(v_estimate)::bigint;
end
$$;

comment on function pydb_internal.retention_total_rows(oid, boolean) is
'Rows in a relation: exact below 4096 pages, without statistics or on demand; else rows per page at the last ANALYZE
times the pages now. p_exact null: an estimate will do, or 0 where there is none.';

revoke all on function pydb_internal.retention_total_rows(oid, boolean) from public;

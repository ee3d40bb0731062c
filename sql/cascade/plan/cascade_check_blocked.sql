-- pydb_internal.cascade_check_blocked (plan): refuse a delete that its plan says is blocked.
-- reads the catalog   writes nothing   locks nothing
-- raises YD302
create or replace function pydb_internal.cascade_check_blocked(
    p_steps pydb.cascade_step[],
    p_root oid,
    p_keys jsonb,
    p_edges jsonb
)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_first pydb.cascade_step;
    v_count bigint;
    v_edges jsonb;
begin
    select count(*) into v_count from unnest(p_steps) as s where s.action = 'blocked';
    if v_count = 0 then
        return;
    end if;
    select s.* into v_first from unnest(p_steps) as s where s.action = 'blocked' order by s.step limit 1;
    v_edges := coalesce(p_edges, '{}') || jsonb_build_object(coalesce(v_first.via, '*'), 'delete');
    raise exception using errcode = 'YD302',
        message = format('the cascade is blocked by %s%s', coalesce(v_first.via, v_first.relation),
            case when v_count > 1 then format(' and %s more', v_count - 1) else '' end),
        detail = format('%s: %s%s. Nothing was changed.', v_first.relation,
            coalesce(pydb_internal.rows_text(v_first.rows) || ': ', ''), v_first.warning),
        hint = coalesce(
            case when pydb_internal.cascade_is_curable(v_first.codes) then v_first.cure end,
            pydb_internal.cascade_plan_command(p_root, p_keys, v_edges)
            || ' -- with this p_edges they are taken along, if that is what you want'
        );
end
$$;

comment on function pydb_internal.cascade_check_blocked(pydb.cascade_step[], oid, jsonb, jsonb) is
'Raises YD302, naming what blocks and how to change it, if a step of the plan is blocked. The last three arguments are
those of the plan.';

revoke all on function pydb_internal.cascade_check_blocked(pydb.cascade_step[], oid, jsonb, jsonb) from public;

-- pydb._cascade_refuse: refuse a delete that its plan says is blocked.
-- reads nothing   writes nothing   locks nothing
-- raises YD302
create or replace function pydb._cascade_refuse(p_steps pydb.cascade_step[])
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_first pydb.cascade_step;
    v_count bigint;
begin
    select count(*) into v_count from unnest(p_steps) as s where s.action = 'blocked';
    if v_count = 0 then
        return;
    end if;
    select s.* into v_first from unnest(p_steps) as s where s.action = 'blocked' order by s.step limit 1;
    raise exception using errcode = 'YD302',
        message = format('the cascade is blocked by %s%s', coalesce(v_first.via, v_first.relation),
            case when v_count > 1 then format(' and %s more', v_count - 1) else '' end),
        detail = format('%s: %s%s. Nothing was changed.', v_first.relation,
            coalesce(pydb._rows_text(v_first.rows) || ': ', ''), v_first.warning),
        hint = coalesce(
            case when v_first.cure not like 'create index%' then v_first.cure end,
            format(
                'p_edges => %L takes them along, if that is what you want.',
                jsonb_build_object(coalesce(v_first.via, '*'), 'delete')
            )
        );
end
$$;

comment on function pydb._cascade_refuse(pydb.cascade_step[]) is
'Raises YD302, naming what blocks and how to change it, if a step of the plan is blocked.';

revoke all on function pydb._cascade_refuse(pydb.cascade_step[]) from public;

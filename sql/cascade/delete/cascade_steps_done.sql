-- pydb_internal.cascade_steps_done (delete; by cascade_delete_once): the steps of a plan with what was done.
-- reads the transaction's own statistics   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_steps_done(
    p_steps pydb.cascade_step[],
    p_walk pydb_internal.cascade_closure,
    p_before jsonb
)
returns pydb.cascade_step[]
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_gone jsonb;
begin
    if p_before is not null then
        select coalesce(jsonb_object_agg(f.name, f.rows), '{}') into v_gone
        from (
            select
                pydb_internal.relation_name(coalesce(pg_partition_root(a.key::oid::regclass), a.key::oid)) as name,
                sum(a.value::bigint - coalesce((p_before ->> a.key)::bigint, 0)) as rows
            from jsonb_each_text(pydb_internal.cascade_deleted_counts(p_walk)) as a
            group by 1
        ) as f;
    end if;
    return array(
        select (
            s.step, s.depth, s.relation, s.via, s.action, s.rows, s.indexed, s.warning, s.parent, s.kind, s.on_delete,
            s.matched, s.cure, s.order_dependent, case
                when s.action in ('check', 'blocked') then 0
                when v_gone is null then s.rows
                -- a row that went after all was not set, and the other way round
                when s.action <> 'delete' then greatest(s.rows - case when s.is_last
                    then coalesce((v_gone ->> s.relation)::bigint, 0) - s.going else 0 end, 0)
                -- what went from a table is shared out among its steps; the last one takes what no step foresaw
                when s.is_last then greatest(coalesce((v_gone ->> s.relation)::bigint, 0) - s.before, 0)
                else least(s.rows, greatest(coalesce((v_gone ->> s.relation)::bigint, 0) - s.before, 0))
            end, s.codes
        )::pydb.cascade_step
        from (
            select
                u.*,
                coalesce(sum(u.rows) over (
                    partition by u.relation, u.action order by u.step rows between unbounded preceding and 1 preceding
                ), 0)::bigint as before,
                coalesce(sum(u.rows) filter (where u.action = 'delete') over (partition by u.relation), 0)::bigint
                    as going,
                u.step = max(u.step) over (partition by u.relation, u.action) as is_last
            from unnest(p_steps) as u
        ) as s
        order by s.step
    );
end
$$;

comment on function pydb_internal.cascade_steps_done(pydb.cascade_step[], pydb_internal.cascade_closure, jsonb) is
'Steps with the column done: the planned rows, or (p_before: a tally from before a plain DELETE) what really went.';

revoke all on function pydb_internal.cascade_steps_done(pydb.cascade_step[], pydb_internal.cascade_closure, jsonb)
    from public;

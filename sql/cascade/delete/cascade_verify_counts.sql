-- pydb_internal.cascade_verify_counts (delete): hold what went against what was planned.
-- reads the transaction's own statistics   writes nothing   locks nothing
-- raises YD304
create or replace function pydb_internal.cascade_verify_counts(
    p_walk pydb_internal.cascade_closure,
    p_before jsonb,
    p_allow_triggers boolean,
    p_look text
)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_after jsonb := pydb_internal.cascade_deleted_counts(p_walk);
    v_wrong text;
    v_beyond jsonb;
begin
    with planned as (
        select
            case when r.root in (
                select pg_partition_root((m.edge).child::regclass) from unnest(p_walk.edges) as m
                where m.effect in ('nullify', 'default')
            ) then r.root else s.relation end::oid as relation, sum(cardinality(s.tids)) as rows
        from unnest(p_walk.parts) as s
        cross join lateral pg_partition_root(s.relation::regclass) as r (root)
        where s.effect = 'delete'
        group by 1
    ),

    gone as (
        select a.key::oid as relation, a.value::bigint - coalesce((p_before ->> a.key)::bigint, 0) as rows
        from jsonb_each_text(v_after) as a
    ),

    compared as (
        select
            coalesce(p.relation, g.relation) as relation, coalesce(p.rows, 0) as planned, coalesce(g.rows, 0) as gone
        from planned as p
        full join gone as g on g.relation = p.relation
    )

    select
        string_agg(
            format('%s: %s planned, %s gone', pydb_internal.relation_name(c.relation), c.planned, c.gone), '; '
            order by pydb_internal.relation_name(c.relation)
        ) filter (where c.gone < c.planned or c.planned > 0 and c.gone > c.planned or not p_allow_triggers),
        jsonb_object_agg(pydb_internal.relation_name(c.relation), c.gone)
    into v_wrong, v_beyond
    from compared as c
    where c.planned <> c.gone;
    if v_wrong is not null then
        raise exception using errcode = 'YD304', message = 'what went is not what was planned',
            detail = v_wrong || '. Another session or a trigger came in between; everything was rolled back.',
            hint = p_look || case
                when not p_allow_triggers
                    then ' -- cascade_delete with p_allow_triggers => true accepts what triggers delete in other tables'
                else ''
            end;
    end if;
    return coalesce(v_beyond, '{}');
end
$$;

comment on function pydb_internal.cascade_verify_counts(pydb_internal.cascade_closure, jsonb, boolean, text) is
'Raises YD304 unless exactly the planned rows were deleted since p_before (cascade_deleted_counts); returns what
triggers deleted in other tables, where that is allowed: object, relation → rows. p_look: statement that shows the
plan.';

revoke all on function pydb_internal.cascade_verify_counts(pydb_internal.cascade_closure, jsonb, boolean, text)
    from public;

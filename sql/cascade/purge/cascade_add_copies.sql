-- pydb_internal.cascade_add_copies (purge): a plan, with the archived and quarantined rows that go with it.
-- reads the root and what references it, the archives, pydb.orphan_quarantine   writes nothing
-- locks nothing above a select
-- raises YD005 YD103 YD114 YD301 YD602
create or replace function pydb_internal.cascade_add_copies(
    p_steps pydb.cascade_step[],
    p_root regclass,
    p_keys jsonb,
    p_choices jsonb,
    p_walk pydb_internal.cascade_closure
)
returns pydb.cascade_step[]
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    with copy as (
        select
            c.store, c.reference, c.source, c.parent, min(c.layer) as layer, max(c.layer) as last_layer,
            sum(cardinality(c.tids))::bigint as rows
        from pydb_internal.cascade_copies(p_root, p_keys, p_choices, p_walk) as c
        group by c.store, c.reference, c.source, c.parent
    ),

    step as (
        select s, 0 as turn, s.step as place, 0::oid as store, '' as via from unnest(p_steps) as s
        where s.action = 'blocked'
        union all
        select
            row(
                0, c.layer + case when c.reference is null then 0 else 1 end, pydb_internal.relation_name(c.store),
                coalesce(c.reference, pydb_internal.relation_name(c.source)), 'purge', c.rows, null, null,
                pydb_internal.relation_name(c.parent), case
                    when c.store = 'pydb.orphan_quarantine'::regclass then 'quarantine' else 'archive' end, null,
                c.rows, null, false, null, array['purge']
            )::pydb.cascade_step, 1, - c.last_layer, c.store, coalesce(c.reference, '')
        from copy as c
        union all
        select s, 2, s.step, 0::oid, '' from unnest(p_steps) as s where s.action <> 'blocked'
    )

    select array_agg(jsonb_populate_record(t.s, jsonb_build_object('step', t.place)) order by t.place) from (
        select u.s, row_number() over (order by u.turn, u.place, u.store, u.via) as place from step as u
    ) as t;
$$;

comment on function pydb_internal.cascade_add_copies(
    pydb.cascade_step[], regclass, jsonb, jsonb, pydb_internal.cascade_closure
) is
'Steps of a plan with one for each archive (and the quarantine) and reference by which copies are found there: action
purge. They come before the live rows, whose keys they are found by.';

revoke all on function pydb_internal.cascade_add_copies(
    pydb.cascade_step[], regclass, jsonb, jsonb, pydb_internal.cascade_closure
) from public;

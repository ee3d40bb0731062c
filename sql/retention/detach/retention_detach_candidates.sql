-- pydb_internal.retention_detach_candidates (detach; for pydb/partitions.py): the partitions that a client may detach
-- concurrently before it calls pydb.retention_run: no routine can.
-- reads the target and what references it, the catalog   writes nothing   locks nothing above a select
-- raises what pydb_internal.retention_open raises
create or replace function pydb_internal.retention_detach_candidates(
    p_policy text,
    p_max_rows bigint default null,
    p_now timestamptz default null
)
returns setof oid
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_run pydb_internal.run_state;
    v_terms constant pydb_internal.run_terms := pydb_internal.retention_terms(p_policy);
begin
    if (pydb_internal.retention_policy_get(p_policy)).action <> 'drop_partition' then
        return;
    end if;
    v_run.kind := 'retention';
    v_run.subject := p_policy;
    v_run.dry_run := false;
    v_run.now := coalesce(p_now, clock_timestamp());
    v_run.done := 0;
    perform pydb_internal.run_check_now(v_run);
    v_run := pydb_internal.run_look(v_run);
    if v_run.state is not null or exists (select 1 from pydb_internal.run_live('retention', p_policy) as r)
        or exists (
            select 1 from pydb_internal.retention_partition_leftovers(p_policy) as l where l.parent is not null
        )
    then
        return; -- the run says why, or settles it first
    end if;
    return query
    with part as (
        select u.relation, sum(u.due) over (order by u.ordinality) as rows, o.run, count(*) over () as parts
        from pydb_internal.retention_open(v_run, null) as o
        cross join lateral unnest(o.parts) with ordinality as u
        where u.strategy = 'partition' and not u.is_ended
    )
    select p.relation
    from part as p
    inner join pg_inherits as i on i.inhrelid = p.relation
    inner join pg_partitioned_table as t on t.partrelid = i.inhparent and t.partdefid = 0
    where (p.run).state is null and p.parts <= 24 and p.rows <= coalesce(least(p_max_rows, v_terms.max_rows), p.rows)
        -- a foreign key of its own, or one that points to it, locks other tables on the way, without a timeout
        and not exists (
            select 1
            from pydb_internal.relation_tree(p.relation) as e
            inner join pg_constraint as k on k.contype = 'f' and e.relid in (k.conrelid, k.confrelid)
        )
    order by p.rows;
end
$$;

comment on function pydb_internal.retention_detach_candidates(text, bigint, timestamptz) is
'Oids of partitions, oldest first, that the next run of the policy would drop, within p_max_rows and the policy''s own,
and whose table has no default partition and no foreign keys; none where the run would not begin, or where more than 24
would go: each makes every session plan anew, twice, and the run takes many at once.';

revoke all on function pydb_internal.retention_detach_candidates(text, bigint, timestamptz) from public;

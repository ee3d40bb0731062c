-- pydb_internal.retention_last_places (last; by retention_last_survey): where newer rows of a group are looked for: in
-- partitions that have some of the last rows of groups, as a condition over "of" that leaves out the others.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_last_places(
    p_policy pydb.retention_policy,
    p_cutoff timestamptz,
    p_since text,
    p_relations oid[]
)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_time constant text := format('"of".%I', p_policy.time_column);
    v_since constant text := v_time || ' >= ' || quote_literal(p_since);
    v_units oid[];
    v_places text;
begin
    if p_since is null then
        return ''; -- no group has as many rows
    elsif not pydb_internal.retention_partition_is_timed(p_policy.target, p_policy.time_column) then
        return v_since;
    end if;
    v_units := array(
        select distinct i.inhrelid
        from unnest(p_relations) as u (relation)
        cross join lateral pg_partition_ancestors(u.relation) as a
        inner join pg_inherits as i on i.inhrelid = a.relid::oid and i.inhparent = p_policy.target
    );
    with taken as (
        select b.*, b.place - lag(b.place, 1, b.place) over (order by b.place) as gap
        from pydb_internal.retention_partition_bounds(p_policy, p_cutoff, p_policy.target) with ordinality as b
            (parent, partition, lower_bound, upper_bound, is_default, is_old, is_young, is_sure, is_last, place)
        where b.partition = any(v_units)
    ),

    -- at the largest gaps: each stretch is a condition that is judged for every partition within any
    parted as (
        select t.*, t.gap > 1 and row_number() over (order by t.gap desc) < 8 as is_first from taken as t
    ),

    stretch as (
        select
            (array_agg(p.lower_bound order by p.place))[1] as lower_bound,
            (array_agg(p.upper_bound order by p.place desc))[1] as upper_bound, count(*) as units,
            bool_or(p.is_default) as is_default
        from (
            select o.*, count(*) filter (where o.is_first) over (order by o.place) as run from parted as o
        ) as p
        group by p.run
    )

    select string_agg(coalesce(nullif(concat_ws(
        ' and ', v_time || ' >= ' || quote_literal(s.lower_bound),
        -- of a key of several columns rows at the very end lie within
        v_time || case k.partnatts when 1 then ' < ' else ' <= ' end || quote_literal(s.upper_bound)
    ), ''), 'true'), ' or ')
    into v_places
    from stretch as s
    inner join pg_partitioned_table as k on k.partrelid = p_policy.target
    -- what a default partition has is of any time
    having sum(s.units) = cardinality(v_units) and not bool_or(s.is_default);
    return v_since || coalesce(' and (' || v_places || ')', '');
end
$$;

comment on function pydb_internal.retention_last_places(pydb.retention_policy, timestamptz, text, oid[]) is
'p_since: the time of the oldest row that has the last place which is kept (null: there is none, and the empty text is
returned); p_relations: leaf partitions with rows that have a place which is kept. The bounds of partitions are
constants: the planner leaves out what lies outside before it plans for it.';

revoke all on function pydb_internal.retention_last_places(pydb.retention_policy, timestamptz, text, oid[]) from public;

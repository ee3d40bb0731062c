-- pydb_internal.retention_segment (run; by retention_prepare): one piece of work of a walk: a relation, how to walk it,
-- from where to where.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_segment(
    p_policy pydb.retention_policy,
    p_relation oid,
    p_cutoff timestamptz,
    p_strategy text,
    p_total bigint
)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select jsonb_build_object(
            'relation', p_relation::bigint,
            'strategy', p_strategy,
            'at', 0,
            'end', s.pages,
            'density', round(p_total::numeric / greatest(s.pages, 1), 2),
            'condition', pydb_internal.retention_deletable_condition(p_policy, p_relation, p_cutoff),
            'signature', pydb_internal.retention_signature(p_relation),
            'again', p_policy.on_referenced <> 'cascade' and exists (
                select 1 from pydb_internal.retention_references(p_relation) as r
                where r.itself and (r.on_delete in ('a', 'r', 'c') or (r.on_delete = 'n' and r.not_null))
            ),
            'guarded', exists (
                select 1 from pg_catalog.pg_trigger as g
                where g.tgrelid = p_relation and not g.tgisinternal and g.tgenabled <> 'D' and (g.tgtype & 11) = 11
            ) or exists (
                select 1 from pg_catalog.pg_rewrite as w where w.ev_class = p_relation and w.ev_type = '4'
            )
        )
        from (
            select pg_relation_size(p_relation) / current_setting('block_size')::bigint as pages
        ) as s
    );
end
$$;

comment on function pydb_internal.retention_segment(pydb.retention_policy, oid, timestamptz, text, bigint) is
'Work on one relation as jsonb: relation, strategy, at and end (blocks), density (rows a block), condition, signature,
again (rows reference each other: more passes), guarded (a trigger or rule may keep rows).';

revoke all on function pydb_internal.retention_segment(pydb.retention_policy, oid, timestamptz, text, bigint)
    from public;

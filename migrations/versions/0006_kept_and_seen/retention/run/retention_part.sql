-- pydb_internal.retention_part (run): the work on one relation: how to go through it, from where to where.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_part(
    p_policy pydb.retention_policy,
    p_relation oid,
    p_cutoff timestamptz,
    p_strategy text,
    p_total bigint,
    p_due bigint,
    p_said pydb_internal.retention_said default null
)
returns pydb_internal.run_part
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_part pydb_internal.run_part;
begin
    v_part.relation := p_relation;
    v_part.strategy := p_strategy;
    v_part.from_block := 0;
    v_part.at_block := 0;
    v_part.until_block := pg_relation_size(p_relation) / current_setting('block_size')::bigint;
    v_part.density := p_total::float8 / greatest(v_part.until_block, 1);
    v_part.due := p_due;
    v_part.condition := pydb_internal.retention_deletable_condition(p_policy, p_relation, p_cutoff, p_said);
    v_part.signature := pydb_internal.retention_signature(p_relation);
    v_part.is_again := p_policy.on_referenced <> 'cascade' and exists (
        select 1 from pydb_internal.retention_references(p_relation) as r
        where r.itself and (r.on_delete in ('a', 'r', 'c') or (r.on_delete = 'n' and r.not_null))
    );
    v_part.is_guarded := false;
    if (select c.relhastriggers or c.relhasrules from pg_catalog.pg_class as c where c.oid = p_relation) then
        v_part.is_guarded := exists (
            select 1 from pg_catalog.pg_trigger as g
            where g.tgrelid = p_relation and not g.tgisinternal and g.tgenabled <> 'D' and (g.tgtype & 11) = 11
        ) or exists (
            select 1 from pg_catalog.pg_rewrite as w where w.ev_class = p_relation and w.ev_type = '4'
        );
    end if;
    return v_part;
end
$$;

comment on function pydb_internal.retention_part(
    pydb.retention_policy, oid, timestamptz, text, bigint, bigint, pydb_internal.retention_said
) is
'Part of a run for one relation of p_total rows, of which p_due are due: all its blocks, its condition and signature.';

revoke all on function pydb_internal.retention_part(
    pydb.retention_policy, oid, timestamptz, text, bigint, bigint, pydb_internal.retention_said
) from public;

-- pydb_internal.orphan_effects_below (repair; by orphan_effects): what goes with the rows that a cascade
-- takes along, level by level.
-- reads the tables below and the catalog   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.orphan_effects_below(
    p_edge pydb_internal.reference_edge,
    p_parent oid,
    p_alias text,
    p_condition text,
    p_mode text,
    p_path text[] default '{}'
)
returns text[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_path constant text[] := p_path || p_edge.reference;
    v_alias constant text := format('c%s', cardinality(v_path));
    v_next constant text := format('c%s', cardinality(v_path) + 1);
    v_condition constant text := format(
        'exists (select 1 from %s as %s where %s and %s)', pydb_internal.relation_source(p_parent), p_alias,
        pydb_internal.reference_match(p_edge, v_alias, p_alias), p_condition
    );
    v_ref pydb_internal.reference_edge;
    v_count bigint;
    v_all text[] := '{}'::text[];
begin
    for v_ref in
        select r.* from pydb_internal.reference_edges(p_edge.child) as r where r.kind = 'declared'
    loop
        execute format(
            'select count(*) from %s as %s where exists (select 1 from %s as %s where %s and %s)',
            pydb_internal.relation_source(v_ref.child), v_next, pydb_internal.relation_source(p_edge.child), v_alias,
            pydb_internal.reference_match(v_ref, v_next, v_alias), v_condition
        ) into v_count;
        continue when v_count = 0;
        v_all := v_all || format(
            case
                when v_ref.on_delete in ('c', 'n', 'd') and not v_ref.is_enforced
                    then '%s of %s would be without a parent then: PostgreSQL does not act on %s'
                when v_ref.on_delete <> 'c' then case
                    when v_ref.on_delete in ('n', 'd') then '%s of %s would forget their parent, through %s'
                    else '%s of %s reference what would go along, through %s, and may keep it'
                end
                -- a circle: how far it goes only doing it shows
                when v_ref.reference = any(v_path) or cardinality(v_path) >= 16
                    then '%s of %s, and what is below them, would be deleted too, through %s%s'
                else '%s of %s would be deleted too, through %s%s'
            end, pydb_internal.rows_text(v_count), pydb_internal.relation_name(v_ref.child), v_ref.reference,
            case p_mode when 'quarantine' then ', and not be kept in quarantine' else '' end
        );
        if v_ref.on_delete = 'c' and v_ref.is_enforced and v_ref.reference <> all(v_path)
            and cardinality(v_path) < 16
        then
            v_all := v_all || pydb_internal.orphan_effects_below(
                v_ref, p_edge.child, v_alias, v_condition, p_mode, v_path
            );
        end if;
    end loop;
    return v_all;
end
$$;

comment on function pydb_internal.orphan_effects_below(
    pydb_internal.reference_edge, oid, text, text, text, text[]
) is
'Sentences, as of orphan_effects, about the rows below those that p_edge takes along with the rows of p_parent (alias
p_alias) that meet a condition: every level, with counts.';

revoke all on function pydb_internal.orphan_effects_below(
    pydb_internal.reference_edge, oid, text, text, text, text[]
) from public;

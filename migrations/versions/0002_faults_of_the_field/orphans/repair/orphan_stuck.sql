-- pydb_internal.orphan_stuck (repair; by orphan_repair_open): how many orphans a repair will leave where they are.
-- reads the child, the tables that reference it and the catalog   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.orphan_stuck(
    p_edge pydb_internal.reference_edge,
    p_mode text,
    p_condition text,
    out rows bigint,
    out effects text[]
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_mode = 'nullify' then
        select r.rows, r.effects into rows, effects
        from pydb_internal.orphan_refused_rows(p_edge, p_condition) as r;
    else
        rows := pydb_internal.orphan_kept_rows(p_edge, p_condition);
        effects := case when rows > 0
            then array[format('%s stay: rows that stay reference them', pydb_internal.rows_text(rows))]
            else '{}' end;
    end if;
end
$$;

comment on function pydb_internal.orphan_stuck(pydb_internal.reference_edge, text, text) is
'Of the rows that meet a condition over alias t, those that references or constraints keep as they are, and why.';

revoke all on function pydb_internal.orphan_stuck(pydb_internal.reference_edge, text, text) from public;

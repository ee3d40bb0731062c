-- pydb_internal.cascade_edge_action (closure): what a cascade does with the rows behind an edge: its own action, or a
-- chosen one.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_edge_action(p_edge pydb_internal.reference_edge, p_choices jsonb)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select case coalesce(
        p_choices ->> p_edge.reference,
        case when p_edge.on_delete in ('a', 'r') then p_choices ->> '*' end,
        p_edge.on_delete::text
    )
        when 'delete' then 'delete' when 'c' then 'delete'
        when 'nullify' then 'nullify' when 'n' then 'nullify'
        when 'default' then 'default' when 'd' then 'default'
        else 'check'
    end;
$$;

comment on function pydb_internal.cascade_edge_action(pydb_internal.reference_edge, jsonb) is
'delete, nullify, default, or check (rows that keep their parent), by p_choices where they name the edge, else by the
key''s own action; * in p_choices stands for every NO ACTION and RESTRICT edge.';

revoke all on function pydb_internal.cascade_edge_action(pydb_internal.reference_edge, jsonb) from public;

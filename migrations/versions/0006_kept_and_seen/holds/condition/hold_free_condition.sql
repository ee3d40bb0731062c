-- pydb_internal.hold_free_condition (condition): that no hold keeps a row, to be added to what says which rows go.
-- reads pydb.hold, the catalog, pydb.reference   writes nothing   locks nothing
-- raises YD005 YD103 YD114 YD704
create or replace function pydb_internal.hold_free_condition(
    p_relation oid,
    p_alias text default 't',
    p_ids bigint[] default null,
    p_stores jsonb default null
)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if not (select g.is_any from pydb_internal.hold_state() as g) then
        return '';
    end if;
    return (pydb_internal.hold_rule_of(p_relation, p_alias, p_ids, p_stores)).free;
end
$$;

comment on function pydb_internal.hold_free_condition(oid, text, bigint[], jsonb) is
'" and …" over an alias, or nothing: what the condition of a delete ends with.';

revoke all on function pydb_internal.hold_free_condition(oid, text, bigint[], jsonb) from public;

-- pydb_internal.hold_names_of (check): which holds keep some rows: looked for by halves, for there can be thousands.
-- reads the relation, and what its rows are held by   writes nothing   locks nothing above a select
-- raises YD103 YD114 YD704
create or replace function pydb_internal.hold_names_of(
    p_relation oid,
    p_condition text,
    p_ids bigint[] default null,
    p_most integer default 10,
    p_tids tid[] default null
)
returns text[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_ids constant bigint[] := coalesce(p_ids, array(
        select h.id from pydb_internal.hold_active() as h where h.overrides is null
    ));
    v_half constant integer := cardinality(v_ids) / 2;
    v_found boolean;
    v_names text[];
    v_held text;
begin
    v_held := (pydb_internal.hold_rule_of(p_relation, 't', v_ids)).held;
    if cardinality(v_ids) = 0 or v_held is null or p_most <= 0 then
        return '{}'::text[];
    end if;
    execute format(
        'select exists (select from %s as t where %s and (%s))', pydb_internal.relation_source(p_relation),
        p_condition, v_held
    ) into v_found using p_tids;
    if not v_found then
        return '{}'::text[];
    elsif cardinality(v_ids) = 1 then
        return array(select h.name from pydb_internal.hold_active(v_ids) as h);
    end if;
    v_names := pydb_internal.hold_names_of(p_relation, p_condition, v_ids[:v_half], p_most, p_tids);
    return v_names || pydb_internal.hold_names_of(
        p_relation, p_condition, v_ids[v_half + 1:], p_most - cardinality(v_names), p_tids
    );
end
$$;

comment on function pydb_internal.hold_names_of(oid, text, bigint[], integer, tid[]) is
'Names of holds, at most p_most, that keep a row of a relation which meets a condition (over alias t; $1 in it is
p_tids). p_ids: of these holds; null = of all.';

revoke all on function pydb_internal.hold_names_of(oid, text, bigint[], integer, tid[]) from public;

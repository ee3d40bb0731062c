-- pydb_internal.hold_still (release; by hold_release): of the rows that a hold named, how many others hold.
-- reads the tables of the hold, and what they are held by   writes nothing   locks nothing above a select
-- raises YD103 YD114 YD704
create or replace function pydb_internal.hold_still(
    p_hold pydb.hold,
    out relation text,
    out rows bigint,
    out still_held bigint,
    out holds text[]
)
returns setof record
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_seed pydb_internal.hold_seed;
    v_graph pydb_internal.hold_graph;
    v_others constant bigint[] := array(
        select h.id from pydb_internal.hold_active() as h where h.id <> p_hold.id and h.overrides is null
    );
    v_named text;
    v_free text;
begin
    v_graph.is_sought := true;
    -- of one that cannot be followed nobody can say it
    for v_seed in select s.* from pydb_internal.hold_seeds(array[p_hold]) as s where s.problem is null loop
        relation := pydb_internal.relation_name(v_seed.relation);
        rows := null;
        still_held := null;
        holds := '{}';
        if has_table_privilege(v_seed.relation, 'SELECT') then
            v_named := pydb_internal.hold_seed_condition(v_graph, v_seed, 't');
            v_free := case when cardinality(v_others) > 0
                then pydb_internal.hold_free_condition(v_seed.relation, 't', v_others) else '' end;
            execute format(
                'select count(*), count(*) filter (where not (true%s)) from %s as t where %s', v_free,
                pydb_internal.relation_source(v_seed.relation), v_named
            ) into rows, still_held;
            if still_held > 0 then
                holds := pydb_internal.hold_names_of(v_seed.relation, v_named, v_others);
            end if;
        end if;
        return next;
    end loop;
end
$$;

comment on function pydb_internal.hold_still(pydb.hold) is
'One row a table that a hold names: its rows, those that other holds keep, and the names of these.';

revoke all on function pydb_internal.hold_still(pydb.hold) from public;

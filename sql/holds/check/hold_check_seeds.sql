-- pydb_internal.hold_check_seeds (check; by hold_graph_of): refuse to say what is held where a hold that may be about
-- it cannot be followed.
-- reads nothing   writes nothing   locks nothing
-- raises YD704
create or replace function pydb_internal.hold_check_seeds(p_seeds pydb_internal.hold_seed[])
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_seed pydb_internal.hold_seed;
begin
    select s.* into v_seed from unnest(p_seeds) as s where s.problem is not null order by s.problem limit 1;
    if v_seed.problem is not null then
        raise exception using errcode = 'YD704', message = v_seed.problem,
            detail = format('It is about %s: what it may hold is not deleted meanwhile.',
                pydb_internal.relation_name(v_seed.relation)),
            hint = 'select name, state, problem, hint from pydb.hold_status where state in (''active'', ''broken'');';
    end if;
end
$$;

comment on function pydb_internal.hold_check_seeds(pydb_internal.hold_seed[]) is 'Lets seeds pass without a problem.';

revoke all on function pydb_internal.hold_check_seeds(pydb_internal.hold_seed[]) from public;

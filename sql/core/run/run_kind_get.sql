-- pydb_internal.run_kind_get (run): a kind of runs by its name.
-- reads pydb_internal.run_kind   writes nothing   locks nothing
-- raises YD901
create or replace function pydb_internal.run_kind_get(p_kind text)
returns pydb_internal.run_kind
language plpgsql
stable
security definer -- runs read the kinds without a right on the table
set search_path = pg_catalog, pg_temp
as $$
declare
    v_kind pydb_internal.run_kind;
begin
    select k.* into v_kind from pydb_internal.run_kind as k where k.name = p_kind;
    if not found then
        raise exception using errcode = 'YD901', message = format('there is no kind of runs %L', p_kind),
            detail = 'Kinds are rows of pydb_internal.run_kind, contributed by the domains.',
            hint = 'pydb migrate check';
    end if;
    return v_kind;
end
$$;

comment on function pydb_internal.run_kind_get(text) is 'The kind of that name, or YD901.';

revoke all on function pydb_internal.run_kind_get(text) from public;

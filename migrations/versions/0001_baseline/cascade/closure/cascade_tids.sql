-- pydb_internal.cascade_tids (closure; by cascade_merge_rows): the places of all rows of some parts of one relation.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_tids(p_parts pydb_internal.cascade_rows[])
returns tid[]
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_part pydb_internal.cascade_rows;
    v_tids tid[];
begin
    -- whole arrays: to take them apart and build them anew costs several times as much
    foreach v_part in array p_parts loop
        v_tids := case when v_tids is null then v_part.tids else v_tids || v_part.tids end;
    end loop;
    return v_tids;
end
$$;

comment on function pydb_internal.cascade_tids(pydb_internal.cascade_rows[]) is
'Places of the rows of all parts, in the order of the parts; null if there are none.';

revoke all on function pydb_internal.cascade_tids(pydb_internal.cascade_rows[]) from public;

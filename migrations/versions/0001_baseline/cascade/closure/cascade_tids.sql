-- pydb_internal.cascade_tids (closure): the places of one relation's rows in a walk.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_tids(
    p_parts pydb_internal.cascade_rows[],
    p_relation oid,
    p_effect text,
    p_layer integer default null
)
returns tid[]
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_part pydb_internal.cascade_rows;
    v_tids tid[];
begin
    foreach v_part in array p_parts loop
        if v_part.relation = p_relation and v_part.effect = p_effect
            and (p_layer is null or v_part.layer = p_layer)
        then
            v_tids := case when v_tids is null then v_part.tids else v_tids || v_part.tids end;
        end if;
    end loop;
    return v_tids;
end
$$;

comment on function pydb_internal.cascade_tids(pydb_internal.cascade_rows[], oid, text, integer) is
'Places of the rows of one relation with one effect, of one layer or (null) of all; null if there are none.';

revoke all on function pydb_internal.cascade_tids(pydb_internal.cascade_rows[], oid, text, integer) from public;

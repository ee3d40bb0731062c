-- pydb_internal.reference_name (set; by reference_vet): the full name of a logical reference: the given one, or
-- schema.table.columns_ref.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises YD006
create or replace function pydb_internal.reference_name(p_child regclass, p_columns name[], p_name text)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_table constant text := pydb_internal.relation_name(p_child);
    v_part constant text[] := pydb_internal.reference_parse(p_name);
    v_last text := array_to_string(p_columns, '_') || '_ref';
    v_hash text;
    v_problem text;
begin
    -- a table that was renamed since keeps the names of its references
    if exists (select 1 from pydb.reference as r where r.name = p_name) then
        return p_name;
    end if;
    if p_name is null and octet_length(v_last) > 63 then
        v_hash := left(encode(sha256(convert_to(v_last, getdatabaseencoding())), 'hex'), 8) || '_ref';
        v_last := left(v_last, 63 - 1 - octet_length(v_hash));
        while octet_length(v_last) > 63 - 1 - octet_length(v_hash) loop
            v_last := left(v_last, -1);
        end loop;
        v_last := v_last || '_' || v_hash;
    elsif p_name is not null then
        v_last := v_part[cardinality(v_part)];
        v_problem := case
            when v_part is null or cardinality(v_part) not in (1, 3) then 'It is neither schema.table.name nor a name.'
            when octet_length(v_last) > 63 then 'Its last part has more than 63 bytes.'
            when cardinality(v_part) = 3 and format('%I.%I', v_part[1], v_part[2]) <> v_table
                then format('It does not begin with the child, %s.', v_table)
        end;
    end if;
    if v_problem is null and octet_length(format('%s.%I', v_table, v_last)) > 255 then
        v_problem := 'Quoted, it has more than 255 bytes.';
    end if;
    if v_problem is not null then
        raise exception using errcode = 'YD006', message = format('%L cannot be the name of the reference', p_name),
            detail = v_problem, hint = format('p_name => %L', format('%s.parent_ref', v_table));
    end if;
    return format('%s.%I', v_table, v_last);
end
$$;

comment on function pydb_internal.reference_name(regclass, name[], text) is
'Full name of a logical reference, each part quoted where needed. p_name may be the last part alone; null derives it
from the columns, shortened with a hash beyond 63 bytes. YD006 for what cannot be a name.';

revoke all on function pydb_internal.reference_name(regclass, name[], text) from public;

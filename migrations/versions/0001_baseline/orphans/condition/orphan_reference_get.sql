-- pydb_internal.orphan_reference_get (condition): from a name as a person writes it to the full name of one reference,
-- also one that is broken.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises YD301
create or replace function pydb_internal.orphan_reference_get(p_reference text)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_found constant text[] := array(
        select distinct n.reference from pydb_internal.reference_by_name(p_reference) as n order by n.reference
    );
begin
    if cardinality(v_found) <> 1 then
        raise exception using errcode = 'YD301',
            message = format(
                case when cardinality(v_found) > 1 then 'reference %s is ambiguous' else 'there is no reference %L' end,
                p_reference
            ),
            detail = case
                when cardinality(v_found) > 1 then format('It could be %s.', array_to_string(v_found, ' or '))
                else coalesce(pydb_internal.reference_similar(p_reference), 'No name was given.')
            end,
            hint = 'pydb reference list, or: select reference, child, parent from pydb.reference_list;';
    end if;
    return v_found[1];
end
$$;

comment on function pydb_internal.orphan_reference_get(text) is
'Full name of the reference of that name, or of the only one whose name ends so; YD301 with near names otherwise.';

revoke all on function pydb_internal.orphan_reference_get(text) from public;

-- pydb_internal.reference_parse_columns (names; for pydb/reads.py): a list of columns as a person writes it, a, "B c",
-- as their names.
-- reads nothing   writes nothing   locks nothing
-- raises YD006
create or replace function pydb_internal.reference_parse_columns(p_text text)
returns name[]
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_items text[];
    v_parts text[];
begin
    -- commas inside of double quotes part nothing
    v_items := array(
        select m.item[1] from regexp_matches(p_text || ',', '((?:[^",]|"(?:[^"]|"")*")*),', 'g') as m (item)
    );
    select array_agg(p.part[1] order by u.ord) into v_parts
    from unnest(v_items) with ordinality as u (item, ord)
    left join lateral pydb_internal.reference_parse(u.item) as p (part)
        on cardinality(p.part) = 1 and octet_length(p.part[1]) <= 63;
    -- a quote that is not closed leaves a rest
    if v_parts is null or array_position(v_parts, null) is not null or array_to_string(v_items, ',') <> p_text then
        raise exception using errcode = 'YD006', message = format('%L is not a list of columns', p_text),
            detail = 'Columns are parted by commas, and a name has 1 to 63 bytes.',
            hint = 'Write column or column,column; quote a name that is not plain lower case: "Column".';
    end if;
    return v_parts::name[];
end
$$;

comment on function pydb_internal.reference_parse_columns(text) is
'Names in a list parted by commas, folded and unquoted as the server would; YD006 for what is no such list.';

revoke all on function pydb_internal.reference_parse_columns(text) from public;

-- pydb_internal.filter_tokens (filter): the text of a filter in tokens, as the server's scanner would see
-- them.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.filter_tokens(p_filter text)
returns table (place bigint, token text, kind text, word text)
language plpgsql -- it keeps its plan: asked for each hold of each look
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select
        m.place, m.found[1], k.kind,
        case k.kind
            when 'word' then lower(m.found[1] collate "C")
            when 'quoted' then replace(substr(m.found[1], 2, length(m.found[1]) - 2), '""', '"')
        end
    from regexp_matches(
        p_filter,
        -- \u0027 is an apostrophe: whatever reads this file by its quotes sees them in pairs
        $re$([bx]?\u0027(?:[^\u0027]|\u0027{2})*\u0027|"(?:[^"]|"")+"$re$
        || $re$|(?:[a-z_]|[^\u0001-\u007f])(?:[a-z0-9_]|[^\u0001-\u007f])*$re$
        || $re$|(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[-+]?[0-9]+)?|::|[-+*/<>=~!@#%^&|`?]+|[][(),.:]|[ \t\n\r\f]+|.)$re$,
        'gi'
    ) with ordinality as m (found, place)
    cross join lateral (
        select case
            when m.found[1] ~ '^[[:space:]]' and ascii(m.found[1]) < 128 then 'space'
            when right(m.found[1], 1) = '''' and length(m.found[1]) > 1 then 'string'
            when m.found[1] ~ '^".*"$' then 'quoted'
            when m.found[1] ~* '^[a-z_]' or ascii(m.found[1]) > 127 then 'word'
            when m.found[1] ~ '^[.]?[0-9]' then 'number'
            when m.found[1] ~ '^(::|[][(),.:])$' then 'mark'
            when m.found[1] ~ '^[-+*/<>=~!@#%^&|`?]+$' then 'operator'
            else 'unknown'
        end as kind
    ) as k;
end
$$;

comment on function pydb_internal.filter_tokens(text) is
'Tokens of a filter with their kind (word, quoted, string, number, operator, mark, space, unknown); word: the name that
a word or a quoted word stands for. Together they are the text.';

revoke all on function pydb_internal.filter_tokens(text) from public;

-- pydb_internal.filter_names (filter): what the names in a filter stand for, told by their place alone: the
-- grammar leaves no other reading.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.filter_names(p_filter text)
returns table (place bigint, role text, schema text, name text, is_wrapped boolean, next_token text)
language plpgsql -- it keeps its plan: asked for each hold of each look
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    with token as (
        select
            t.place, t.token, t.kind, t.word, row_number() over w as ord,
            lag(t.token) over w as p1, lag(t.token, 2) over w as p2, lag(t.token, 3) over w as p3,
            lag(t.kind) over w as p1_kind, lag(t.kind, 2) over w as p2_kind, lag(t.word, 2) over w as p2_word,
            lead(t.token) over w as n1, lead(t.token, 2) over w as n2, lead(t.kind) over w as n1_kind,
            lead(t.kind, 2) over w as n2_kind
        from pydb_internal.filter_tokens(p_filter) as t
        where t.kind <> 'space'
        window w as (order by t.place)
    ),

    part as (
        select
            t.*, t.kind in ('word', 'quoted') as is_name,
            lower(case when t.p1 = '.' then t.p3 else t.p1 end) as before,
            case when t.p1 = '.' then t.p2_word end as schema
        from token as t
    )

    select
        p.place,
        case
            when p.kind = 'unknown' then 'character'
            when p.token = '.' and not (p.p1_kind in ('word', 'quoted') and p.n1_kind in ('word', 'quoted', 'operator'))
                or p.is_name and p.n1 = '.' and p.p1 = '.'
                or p.kind = 'string' and p.p1 = ')' and p.p2_kind <> 'operator'
                then 'nonsense'
            when not p.is_name then null
            -- the server would cut it; in an encoding of single bytes it folds more letters than those of ASCII
            when octet_length(p.word) > 63 or p.kind = 'word' and octet_length(p.word) = length(p.word)
                and p.word ~ $re$[^\u0001-\u007f]$re$ then 'nonsense'
            when p.n1 = '.' then case
                when p.n2_kind = 'operator' and lower(p.p2) = 'operator' and p.p1 = '(' then 'operator'
                when p.n2_kind = 'operator' then 'nonsense'
            end
            when p.before = 'collate' then null
            when p.p1 = '(' and lower(p.p2) = 'extract' then null
            -- words of the language that a column may be called as well: only where they can be nothing else
            when p.kind = 'word' and p.schema is null and case
                when p.word = 'at' then p.n1 ~* '^time$'
                when p.word = 'time' then p.before in ('at', 'with', 'without')
                when p.word = 'zone' then p.before = 'time'
                when p.word = 'precision' then p.before = 'double'
                when p.word = 'varying' then p.before in ('character', 'char', 'bit', 'nchar')
                when p.word in ('year', 'month', 'day', 'hour', 'minute', 'second')
                    then p.p1_kind = 'string' or p.before in ('to', 'interval')
                when p.n1 = '(' then p.word in (
                    'and', 'or', 'not', 'in', 'between', 'like', 'ilike', 'any', 'some', 'all', 'case', 'when', 'then',
                    'else', 'coalesce', 'nullif', 'greatest', 'least', 'extract', 'position', 'substring', 'overlay',
                    'trim', 'cast', 'from', 'for', 'both', 'leading', 'trailing', 'to', 'escape', 'similar',
                    'symmetric', 'asymmetric', 'placing', 'normalize', 'operator', 'row', 'current_timestamp',
                    'current_time', 'localtime', 'localtimestamp', 'overlaps'
                )
                else p.word in (
                    'and', 'or', 'not', 'in', 'is', 'between', 'like', 'ilike', 'any', 'some', 'all', 'case', 'when',
                    'then', 'else', 'end', 'null', 'true', 'false', 'unknown', 'isnull', 'notnull', 'distinct', 'from',
                    'for', 'both', 'leading', 'trailing', 'to', 'escape', 'similar', 'symmetric', 'asymmetric',
                    'placing', 'normalized', 'nfc', 'nfd', 'nfkc', 'nfkd', 'as', 'with', 'without', 'collate', 'array',
                    'current_date', 'current_timestamp', 'current_time', 'localtime', 'localtimestamp', 'current_user',
                    'current_role', 'session_user', 'user', 'current_catalog', 'current_schema', 'overlaps'
                )
            end then 'word'
            when p.before in ('::', 'as') or p.n1_kind = 'string' then 'type'
            when p.n1 = '(' then 'function'
            when p.schema is null then 'column'
            else 'nonsense'
        end,
        case when p.n1 = '.' then p.word else p.schema end,
        case when p.n1 = '.' then p.n2 when p.is_name then p.word else p.token end,
        p.p1 = '(' and p.n1 = ')' and p.n2 = '::',
        case when p.n1 = ')'
            then (select o.token from part as o where o.ord > p.ord and o.token <> ')' order by o.ord limit 1)
            else p.n1
        end
    from part as p;
end
$$;

comment on function pydb_internal.filter_names(text) is
'Each name of a filter with its role: column, type, function, operator (a qualified one), word (of the
language), nonsense and character for what has no place in a filter; null for the rest. is_wrapped: it stands
alone in parentheses before a cast. next_token: the first behind it that closes no parenthesis.';

revoke all on function pydb_internal.filter_names(text) from public;

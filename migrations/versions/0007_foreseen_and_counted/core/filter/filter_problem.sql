-- pydb_internal.filter_problem (filter): what is lexically wrong with a filter, null if nothing: its text
-- must stay inside the parentheses that it will be put in.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.filter_problem(p_filter text)
returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_quote text := '';
    v_depth integer := 0;
    v_char text;
    v_pair text;
begin
    if btrim(p_filter, E' \t\r\n') = '' then
        return 'it is empty';
    elsif octet_length(p_filter) > 10000 then
        return 'it is longer than 10000 bytes';
    end if;
    for i in 1..length(p_filter) loop
        v_char := substr(p_filter, i, 1);
        v_pair := substr(p_filter, i, 2);
        if v_quote <> '' then
            -- a doubled quote closes and opens again, which comes to the same
            if v_char = v_quote then
                v_quote := '';
            elsif v_char = chr(92) then -- a backslash, whatever standard_conforming_strings says
                return 'it holds a backslash';
            end if;
        elsif v_char in ('''', '"') then
            v_quote := v_char;
        elsif v_char = '(' then
            v_depth := v_depth + 1;
        elsif v_char = ')' then
            v_depth := v_depth - 1;
            if v_depth < 0 then
                return 'it closes a parenthesis that it did not open';
            end if;
        elsif v_char in (';', chr(92), '$') then
            return format('it holds a %s', v_char);
        elsif v_pair in ('--', '/*') then
            return 'it holds a comment';
        end if;
    end loop;
    return case
        when v_quote <> '' then 'a quote is not closed'
        when v_depth > 0 then 'a parenthesis is not closed'
    end;
end
$$;

comment on function pydb_internal.filter_problem(text) is
'Reason why a filter''s text could leave its parentheses (comment, semicolon, backslash, dollar quote, open quote,
unbalanced parenthesis), or null.';

revoke all on function pydb_internal.filter_problem(text) from public;

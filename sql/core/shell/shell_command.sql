-- pydb_internal.shell_command (shell): a command to copy with what it is about, whatever that is called.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.shell_command(p_command text, p_words text[], p_options text default null)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select case
        when p_command is null then null
        -- what begins with a dash is no option behind two of them, and no option stands there any more
        when w.is_dashed then concat_ws(' ', p_command, p_options, '--', w.words)
        else concat_ws(' ', p_command, w.words, p_options)
    end
    from (
        select
            string_agg(pydb_internal.shell_word(u.word), ' ' order by u.place) as words,
            bool_or(u.word like '-%') as is_dashed
        from unnest(p_words) with ordinality as u (word, place)
        where u.word is not null
    ) as w;
$$;

comment on function pydb_internal.shell_command(text, text[], text) is
'p_command, the names p_words in quotes where a shell needs them (nulls are left out), and p_options: behind the names,
or before them where one begins with a dash; null if p_command is. Every command about what has a name is made here.';

revoke all on function pydb_internal.shell_command(text, text[], text) from public;

drop routine pydb_internal.run_react;

-- core: rows for which code of the application raises an error are found, whatever its SQLSTATE
alter type pydb_internal.run_state add attribute by_row boolean;

comment on column pydb_internal.run_state.by_row is
'True: one row alone may have raised the error met last.';

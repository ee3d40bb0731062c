-- For the transaction of a migration only. The path keeps everything that is not ours out of name resolution;
-- a routine may name one that comes after it, so bodies are checked by the tests and not while loading.
set local search_path = pg_catalog, pg_temp;
set local check_function_bodies = off;
set local standard_conforming_strings = on;
set local client_min_messages = warning;
set local statement_timeout = 0;
set local lock_timeout = '5s';

select pg_reload_conf() as reloaded;

insert into weather.chunk (run, station, year, file, rows, oldest, newest, bytes_raw, bytes, sha256, digest)
values (
    %(run)s, %(station)s, %(year)s, %(file)s, %(rows)s, %(oldest)s, %(newest)s, %(bytes_raw)s, %(bytes)s,
    %(sha256)s, %(digest)s
)
returning file;

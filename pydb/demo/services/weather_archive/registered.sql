select station, year, file, rows, oldest, newest, bytes_raw, bytes, sha256, digest
from weather.chunk
where run = %(run)s and (%(station)s::text is null or station = %(station)s)
order by station, year;

select hour, count(*) as rows from lighting.feature group by hour;

select count(*) as tunes from trading.tune;

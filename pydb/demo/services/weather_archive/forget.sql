delete from weather.chunk where run = %(run)s and file = %(file)s returning file;

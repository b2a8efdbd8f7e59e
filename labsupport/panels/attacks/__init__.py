"""`attack`: what strangers do to a server, with limits and without."""

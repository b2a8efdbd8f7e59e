"""`error_zoo`: what a server does wrong, seen from the client."""

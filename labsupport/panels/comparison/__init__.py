"""`two_connections`: alike but for one option."""

"""`cuts`: one line, cut, and three readers."""

"""`crowd`: many clients at each design of one service."""

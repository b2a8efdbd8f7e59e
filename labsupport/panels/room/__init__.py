"""`chat`: several people in one room."""

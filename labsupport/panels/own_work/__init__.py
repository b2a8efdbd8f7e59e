"""`recall` and `my_work`: questions that come back, and one file to carry all away."""

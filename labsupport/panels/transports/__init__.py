"""`protocols`: the same messages by TCP and by UDP."""

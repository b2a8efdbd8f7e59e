"""`client`: a client by hand."""

"""`gallery` and `handshake`: wrong certificates, and every byte of a handshake."""

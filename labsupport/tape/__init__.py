"""What happened: every socket call made in this kernel, and what can be read from it.

`watched` replaces `socket.socket` by a class that writes its calls on the `record`;
`exchange` finds which bytes of which send came out of which recv; an `Excerpt` is the part
of it that a picture or a verdict is about.
"""

"""How the notebooks are made and held: build, check, and the pytest plugin that compares every output.

No lesson imports this room.  `python -m labsupport.authoring --help` lists its commands; `normal` is what a notebook
file looks like, `outputs` when two runs of a cell are the same, `kernels` how a cell is run, `lint` what an author is
told, `nbval_strict` the plugin.
"""

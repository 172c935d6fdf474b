"""Networks that do not learn, by the names of a config's section `frozen`.

Each module's `make(*, settings, kept=None)` gives a `Frozen`. `kept` is what a run has of the network from when it
began: where it is given, the source that the settings name is not touched, for it may have moved.
"""

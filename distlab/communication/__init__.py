"""Communication between machines, lectures 19 to 21, and the small stack of lecture 00.

    stack/    one request through four layers: slots, remote call, computation, replicated store

>>> from distlab.communication import stack
>>> stack.LAYERS
('resources', 'communication', 'storage', 'computing')
"""

__all__: list[str] = []

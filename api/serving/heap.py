"""Python's heap, kept out of the garbage collector's way.

A full collection looks at every object that lives, and stops every request meanwhile. Most of what
lives came with imports and never goes: some 195 ms of looking, for nothing.
"""

from __future__ import annotations

import gc


def settle() -> None:
    """Collect once, then leave everything that lives now out of further collections.

    Called while a worker starts. What is frozen is still freed when nobody refers to it.
    """
    gc.collect()
    gc.freeze()


def tidy() -> None:
    """Collect what a model that has gone leaves, of all that came after the start."""
    gc.collect()

"""Measures how much more memory a long film takes than a short one."""

import tracemalloc


def peak(make):
    """Return the most bytes that Python had in use at once while `make` ran."""
    tracemalloc.start()
    try:
        make()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def is_flat(make, few, many, spare):
    """Return whether a film of `many` frames takes no more than `spare` bytes a frame more than one
    of `few`.

    `make` is told how many frames. The first film is not counted: it loads what is loaded late.
    What else goes on in the process of a test, such as an error report of another thread, is
    counted now and then, and the film's own bytes always: one of three long films is enough.
    """
    make(few)
    short = peak(lambda: make(few))
    return any(peak(lambda: make(many)) <= short + spare * (many - few) for _ in range(3))

"""Marks the tests of a file for what they need, and as slow where it was measured to take seconds
of a processor.

In other files a function that takes most of a second says so itself.
"""

import signal

import pytest

MARKS = {
    "browser": {"test_browser.py"},
    "libraries": {"test_libraries.py", "test_conventions.py"},
    "slow": {
        "test_board.py",
        "test_browser.py",
        "test_budget.py",
        "test_caption.py",
        "test_captions.py",
        "test_characters.py",
        "test_chart.py",
        "test_check.py",
        "test_columns.py",
        "test_completion.py",
        "test_conventions.py",
        "test_expressions_sympy.py",
        "test_film.py",
        "test_formulas.py",
        "test_grids.py",
        "test_inspect.py",
        "test_isolation.py",
        "test_limits.py",
        "test_minima.py",
        "test_outcomes.py",
        "test_prompts.py",
        "test_readme.py",
        "test_safety.py",
        "test_safety_commit.py",
        "test_safety_leash.py",
        "test_safety_soak.py",
        "test_same_bytes.py",
        "test_threads.py",
        "test_trust.py",
        "test_vector.py",
    },
}
collect_ignore = ["soak"]  # programs, which tests start

UNMEASURED = {
    "test_board.py",
    "test_conventions.py",
    "test_exact.py",
    "test_expressions_kinks.py",
    "test_expressions_sympy.py",
    "test_formulas.py",
    "test_grids.py",
    "test_outcomes.py",
    "test_playback.py",
}
"""Slow tests of these reach nothing that others do not reach; to measure their coverage takes as
long again.
"""


def pytest_configure():
    """Heed the signals that whoever runs the tests in the background has us ignore: what a test
    starts inherits that.
    """
    for name, default in (("SIGINT", signal.default_int_handler), ("SIGHUP", signal.SIG_DFL)):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, default)


def pytest_ignore_collect(collection_path, config):
    """Do not even import what `make test-fast` leaves out: that would be a tenth of its time."""
    return (
        True
        if config.option.markexpr == "not slow" and collection_path.name in MARKS["slow"]
        else None
    )


def pytest_collection_modifyitems(items):
    for item in items:
        for mark, files in MARKS.items():
            if item.path.name in files or (mark == "slow" and "soak" in item.keywords):
                item.add_marker(getattr(pytest.mark, mark))
        if item.path.name in UNMEASURED and "slow" in item.keywords:
            item.add_marker(pytest.mark.no_cover)

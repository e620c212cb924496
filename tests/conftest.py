"""Marks the tests of a file for what they need, and as slow where the file was measured to take seconds of a processor."""

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


def pytest_collection_modifyitems(items):
    for item in items:
        for mark, files in MARKS.items():
            if item.path.name in files or (mark == "slow" and "soak" in item.keywords):
                item.add_marker(getattr(pytest.mark, mark))

from __future__ import annotations

import numpy as np

from weekwise.reports.class_tables import (
    class_table,
    confusion_table,
    share_lines,
    share_table,
)
from weekwise.tasks.group_means import class_shares
from weekwise.tasks.multiclass_metrics import by_class

LABELS = ["Poor", "Fair", "Good", "Best"]
OUTCOME = np.array([0, 1, 1, 2, 2, 2, 3], dtype=np.int32)
GROUPS = np.array([0, 0, 1, 1, 1, 1, 1], dtype=np.int32)


def test_shares_are_shown_for_groups_that_have_rows() -> None:
    """Each group with rows is a line of shares in the classes' order; an empty one is left out."""
    groups = class_shares(GROUPS, ["n", "s", "w"], OUTCOME, LABELS)

    table = share_table(groups, title="Region", corner="Value", label=str.upper)

    assert table.index("Poor") < table.index("Fair") < table.index("Good")
    assert "50.0%" in table
    assert ">N<" in table
    assert ">W<" not in table
    assert share_table((), title="Region", corner="Value")


def test_lines_are_of_the_most_frequent_classes() -> None:
    """Three classes have a line, the most frequent first, with a gap where there are no rows."""
    groups = class_shares(GROUPS, ["n", "s", "w"], OUTCOME, LABELS)
    (overall,) = class_shares(np.zeros(7, np.int32), ["all"], OUTCOME, LABELS)

    lines = share_lines(groups, overall)

    assert [line.name for line in lines] == ["Good", "Fair", "Poor"]
    assert list(lines[0].values) == [0.0, 0.6, None]
    assert len({line.tone for line in lines}) == 3


def test_the_confusion_matrix_has_what_happened_down() -> None:
    """A row is a class that happened; its own column is marked."""
    predicted = np.full((7, 4), 0.1)
    predicted[:, 2] = 0.7
    scores = by_class(OUTCOME, predicted, LABELS)

    matrix = confusion_table(scores, "Confusion")
    table = class_table(scores, "Classes")

    assert matrix.count("marked") == 4
    assert matrix.index("Happened") < matrix.index("Poor")
    # Three of seven rows are good, which is all that was ever predicted.
    assert "0.43" in table
    assert "1.00" in table
    assert "—" in table


def test_many_classes_stay_readable() -> None:
    """Of many classes the most frequent have a column, and a huge matrix is left to the file."""
    labels = [f"class {place}" for place in range(30)]
    outcome = np.repeat(np.arange(30, dtype=np.int32), np.arange(30) + 1)
    groups = class_shares(np.zeros(len(outcome), np.int32), ["all"], outcome, labels)
    scores = by_class(outcome, np.eye(30)[outcome], labels)

    table = share_table(groups, title="All", corner="Rows")

    assert table.count("<th ") == 1 + 8 + 1 + 1
    assert "others" in table
    assert "class 29" in table
    assert "class 21" not in table
    assert "weekly_report.json" in confusion_table(scores, "Confusion")

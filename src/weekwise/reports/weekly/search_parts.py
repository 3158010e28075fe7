"""The search that chose settings of the model, in the weekly report."""

from __future__ import annotations

from markupsafe import Markup

from weekwise.model.search import Place, Search
from weekwise.reports.html.blocks import Heading, paragraph, table
from weekwise.wording import counted, number


def search_parts(search: Search, loss: str) -> list[Markup]:
    """What was chosen, and the leaderboard it was chosen from.

    Args:
        search: A search with a leaderboard.
        loss: What the task calls its loss.
    """
    chosen = [place.name for place in search.leaderboard if place.chosen]
    words = (
        f"Settings come from a search as of {search.as_of} over "
        f"{counted(search.weeks, 'past week', 'past weeks')}: {', '.join(chosen)}. A gain is how "
        f"far the mean {loss} is under that of the settings before, on the same weeks."
    )
    numbers = ["Weeks", loss[:1].upper() + loss[1:], "Gain", "Standard error"]
    headings: list[str | Heading] = [
        "Candidate",
        *(Heading(name, "number") for name in numbers),
        "Result",
    ]
    return [
        paragraph(words, note=True),
        table(
            "Leaderboard of the search", headings, [_cells(place) for place in search.leaderboard]
        ),
    ]


def _cells(place: Place) -> list[str]:
    return [
        place.name,
        str(place.weeks),
        number(place.loss, 4),
        f"{place.gain:+.4g}",
        number(place.error, 2),
        place.result,
    ]

from __future__ import annotations

import pytest

from weekwise.infer import names


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("order_id", "Order id"),
        ("daysSinceOrder", "Days Since Order"),
        ("GDP", "GDP"),
        ("ü b", "Ü b"),
    ],
)
def test_titles(name: str, title: str) -> None:
    """A title is the name in words."""
    assert names.title(name) == title


@pytest.mark.parametrize(
    ("name", "title"),
    [("amount_eur", "Amount"), ("Wind speed (mph)", "Wind speed"), ("shareOfPct", "Share Of Pct")],
)
def test_a_title_goes_without_the_unit(name: str, title: str) -> None:
    """The unit is shown beside it."""
    assert names.title(name, "EUR") == title


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("weight_kg", "kg"),
        ("price_eur", "EUR"),
        ("duration_min", "min"),
        ("Wind speed (mph)", "mph"),
        ("length [cm]", "cm"),
        ("shareOfPct", "%"),
        ("temp_min", None),
        ("min", None),
        ("sum_of_m", None),
        ("item (2)", None),
        ("weight", None),
    ],
)
def test_units(name: str, unit: str | None) -> None:
    """A unit is the last word or stands in brackets; what may be another word is none."""
    assert names.unit(name, ["temp_max", name]) == unit


def test_identifiers() -> None:
    """Some last words say that values tell things apart."""
    assert names.is_identifier("customerId", strongly=True)
    assert names.is_identifier("postal code")
    assert not names.is_identifier("postal code", strongly=True)
    assert not names.is_identifier("paid")


def test_ranks() -> None:
    """A target is called so, and a row's date is not the one that ends it."""
    assert names.target_rank("target") < names.target_rank("is_target") < names.target_rank("age")
    ranks = [names.date_rank(name) for name in ("order_date", "when", "delivered_at", "birth_date")]
    assert ranks == [0, 1, 2, 2]

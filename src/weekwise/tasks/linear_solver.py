"""How scikit-learn fits the plain linear models."""

from __future__ import annotations

LINEAR_STEPS = 300
"""The most steps that fitting a plain linear model takes."""

_NEWTON_COEFFICIENTS = 500


def linear_solver(coefficients: int) -> str:
    """The name of the solver for a model of so many coefficients.

    Newton's method ends after some five steps, where L-BFGS takes hundreds and may stop before its
    end; but each step takes time and memory by the square of the coefficients.
    """
    return "newton-cholesky" if coefficients <= _NEWTON_COEFFICIENTS else "lbfgs"

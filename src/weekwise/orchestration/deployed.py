"""The weekly flow as a deployment imports it: with the Kedro project set up before."""

from __future__ import annotations

from weekwise.orchestration.project import set_up

set_up()

from weekwise.orchestration.weekly import weekly  # noqa: E402 - the project comes first

__all__ = ["weekly"]

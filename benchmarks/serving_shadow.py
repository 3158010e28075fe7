"""What a shadow costs the requests: the service with one beside the service without, in turns.

It takes the champion of the embedded registry, and as the shadow another of its versions (two weeks
of `make run` make two). wrk's connections ask both in turn; the answers' times are compared, and
whether any failed.

    python benchmarks/serving_shadow.py [--shadow VERSION] [--share 0.1] [--rounds 9] [--seconds 5]
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path

from serving import CONNECTIONS, raw_rows, store_uri
from serving_load import Figures, Target
from serving_processes import Model, champion, running

COUNTED = "weekwise_shadow_difference_count"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shadow", help="its version; by default the newest that is not champion")
    parser.add_argument("--share", default="0.1", help="the share of rows that it predicts")
    parser.add_argument("--rounds", type=int, default=9, help="turns of each server")
    parser.add_argument("--seconds", type=int, default=5, help="seconds of a turn")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model, predictor = champion(store_uri(), folder)
        body = folder / "row.json"
        body.write_text(json.dumps(raw_rows(predictor, 1)[0]))
        shadow = options.shadow or _other_version(model)
        settings = {
            "WEEKWISE_API_SHADOW": shadow,
            "WEEKWISE_API_SHADOW_SHARE": options.share,
            "WEEKWISE_API_SHADOW_DIR": str(folder / "shadow"),
        }
        with running("service", model) as plain, running("service", model, settings=settings) as by:
            targets = {
                "without": Target("without", plain, "/v1/predict", body, ""),
                "with": Target("with", by, "/v1/predict", body, ""),
            }
            turns = _in_turns(targets, options.rounds, options.seconds)
            scored = _scored(by)
    print(f"version {shadow} beside version {model.version}, {options.share} of the rows")
    _tell(turns)
    print(f"rows that the shadow predicted {scored:12,.0f}")
    if not scored:
        sys.exit("the shadow predicted nothing")


def _in_turns(targets: dict[str, Target], rounds: int, seconds: int) -> dict[str, list[Figures]]:
    turns: dict[str, list[Figures]] = {name: [] for name in targets}
    for target in targets.values():
        # Until a shadow is loaded, there is nothing to measure.
        target.load(CONNECTIONS, 15)
    for number in range(rounds):
        order = list(targets.items())
        for name, target in order if number % 2 else reversed(order):
            turns[name].append(target.load(CONNECTIONS, seconds))
    return turns


def _tell(turns: dict[str, list[Figures]]) -> None:
    for key, form in (("rps", ",.0f"), ("p50", ".2f"), ("p99", ".2f"), ("p99.9", ".2f")):
        without, beside = ([turn[key] for turn in turns[name]] for name in ("without", "with"))
        ratios = [ours / plain for plain, ours in zip(without, beside, strict=True)]
        print(
            f"{key:6} without {statistics.median(without):{form}}, "
            f"with {statistics.median(beside):{form}}; "
            f"ratio of pairs {statistics.median(ratios):.2f} "
            f"({min(ratios):.2f} to {max(ratios):.2f})"
        )


def _scored(port: int) -> float:
    import httpx

    lines = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text.splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(COUNTED))


def _other_version(model: Model) -> str:
    import mlflow

    versions = mlflow.MlflowClient().search_model_versions(f"name='{model.name}'")
    others = [int(each.version) for each in versions if str(each.version) != model.version]
    if not others:
        sys.exit("there is one version only; make another with: make run")
    return str(max(others))


if __name__ == "__main__":
    main()

"""What other tools need for the same judgements, in a process of their own; prints seconds as JSON, or why not."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.memory import peak_mib

ROUNDS = 3


def polars_group_by(table: dict[str, Any]) -> tuple[Callable[[], Any], int]:
    import polars

    frame = polars.DataFrame(table)
    return lambda: frame.group_by("candidate").agg(polars.col("selected").sum(), polars.len()), ROUNDS


def crowd_kit(aggregator: str, **options: Any) -> Callable[[dict[str, Any]], tuple[Callable[[], Any], int]]:
    def prepared(table: dict[str, Any]) -> tuple[Callable[[], Any], int]:
        import pandas
        from crowdkit import aggregation
        from sklearn.base import BaseEstimator

        # crowd-kit 1.4.2 lacks what scikit-learn asks of estimators since 1.7; it has no part in what is computed.
        getattr(aggregation, aggregator).__sklearn_tags__ = BaseEstimator.__sklearn_tags__
        names = {"task": table["candidate"], "worker": table["worker"], "label": table["selected"]}
        frame = pandas.DataFrame(names)
        return lambda: getattr(aggregation, aggregator)(**options).fit_predict_proba(frame), 1

    return prepared


PEERS = {
    "polars": polars_group_by,
    "majority vote": crowd_kit("MajorityVote"),
    "Wawa": crowd_kit("Wawa"),
    "Dawid-Skene": crowd_kit("DawidSkene", n_iter=10, tol=0),
}


def main(name: str, folder: Path) -> None:
    table = {each: np.load(folder / f"{each}.npy") for each in ("worker", "candidate", "selected")}
    try:
        call, rounds = PEERS[name](table)
    except ModuleNotFoundError as error:
        print(json.dumps({"missing": error.name}))
        return
    times = []
    for _ in range(rounds):
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    print(json.dumps({"seconds": min(times), "peak_mib": peak_mib()}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))

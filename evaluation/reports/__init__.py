"""The report: what moved from the original test set to the new ones, as data. The only writer of `Report`."""

from evaluation.reports.building import build

__all__ = ["build"]

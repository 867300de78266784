"""Launches and the batches that come of them."""

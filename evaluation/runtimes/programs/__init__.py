"""`torch.export` programs, read without pickle and run operator by operator (ADR 0016)."""

"""The pool: where its images come from, and which of them are left out at once."""

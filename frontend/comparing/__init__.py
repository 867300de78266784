"""The pool beside the original, in words and as a table."""

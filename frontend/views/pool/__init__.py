"""The pool: its images, where they come from, and which of them are left out."""

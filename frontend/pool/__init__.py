"""The pages of the pool: which candidates are meant, and how they are listed."""

"""Images, the candidates they are, where they came from, and why they take no part."""

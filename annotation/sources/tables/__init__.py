"""Tables of any kind as rows of text."""

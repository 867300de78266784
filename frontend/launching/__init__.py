"""The pages of a launch: what is typed, what it would cost, and how its batch stands."""

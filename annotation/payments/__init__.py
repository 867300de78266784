"""Money: what was meant to be paid and what came of it, who is paid, and whether the platform's books say the same."""

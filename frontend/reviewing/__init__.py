"""What the pages of reviews need beside their views: forms, and images in the order they were taken."""

"""What the queue does for pages."""

from frontend.tasks.drawing import draw_report, enqueue_drawing

__all__ = ["draw_report", "enqueue_drawing"]

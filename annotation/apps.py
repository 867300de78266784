import gc

from django.apps import AppConfig


class AnnotationConfig(AppConfig):
    name = "annotation"

    def ready(self) -> None:
        """What is loaded now stays: the collector would look through it again and again, 0.1 s each time for all
        threads of a server, a consumer or a command."""
        gc.freeze()
        gc.set_threshold(50_000, 20, 20)

from django.apps import AppConfig


class EvaluationConfig(AppConfig):
    name = "evaluation"

    def ready(self) -> None:
        from annotation.api import problems  # needs the settings
        from evaluation.errors import EvaluationError

        problems.register(EvaluationError)

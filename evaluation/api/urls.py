"""/api/v1/: what evaluation has to show."""

from django.urls import URLPattern, URLResolver
from rest_framework.routers import SimpleRouter

from evaluation.api.classifiers import ClassifierViewSet
from evaluation.api.predictions import PredictionViewSet
from evaluation.api.reports import ReportViewSet
from evaluation.api.runs import RunViewSet

router = SimpleRouter(use_regex_path=False)
router.register("classifiers", ClassifierViewSet, "classifier")
router.register("predictions", PredictionViewSet, "prediction")
router.register("runs", RunViewSet, "run")
router.register("reports", ReportViewSet, "report")

urlpatterns: list[URLPattern | URLResolver] = [*router.urls]

from django.urls import URLPattern, URLResolver, include, path, re_path
from drf_spectacular.views import SpectacularJSONAPIView

from annotation.api.problems import UnknownAddress
from annotation.api.urls import platform_urlpatterns
from annotation.api.urls import urlpatterns as annotation_api
from config.administration import site
from evaluation.api.urls import urlpatterns as evaluation_api

handler500 = "annotation.api.problems.server_error"

api: list[URLPattern | URLResolver] = [
    path("v1/", include(annotation_api + evaluation_api)),
    path("schema/", SpectacularJSONAPIView.as_view(), name="schema"),
    re_path("", UnknownAddress.as_view(), name="unknown"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", site.urls),
    # The programs' entrance.
    path("api/", include((api, "api"))),
    path("platforms/", include((platform_urlpatterns, "platforms"))),
    # The people's entrance.
    path("", include("frontend.urls")),
]

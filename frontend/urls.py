"""Addresses of the pages. Each view module lists its own in `urlpatterns`; here they come together."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import URLPattern, URLResolver, include, path

app_name = "frontend"

urlpatterns: list[URLPattern | URLResolver] = [
    # Signing in and out.
    path(
        "login/",
        LoginView.as_view(template_name="frontend/login.html", redirect_authenticated_user=True),
        name="login",
    ),
    path("logout/", LogoutView.as_view(), name="logout"),
    #
    #
    # Workers, by the token in the address.
    path("", include("frontend.views.work")),
    #
    #
    # Researchers, in the order of the flow.
    path("", include("frontend.views.studies")),
    path("", include("frontend.views.candidates")),
    path("", include("frontend.views.grids")),
    path("", include("frontend.views.frequencies")),
    path("", include("frontend.views.testsets")),
    path("", include("frontend.views.runs")),
    #
    #
    # The report.
    path("", include("frontend.views.reports")),
    #
    #
]

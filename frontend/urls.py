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
    # Researchers: one path("", include("frontend.views.<module>")) per module goes below this line.
    #
    #
    # The report.
    path("", include("frontend.views.reports")),
    #
    #
]

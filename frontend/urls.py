"""Addresses of the pages. Each view module lists its own in `urlpatterns`; here they come together."""

from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, URLResolver, include, path

from frontend.views.sign_in import PasswordView, SignInView

app_name = "frontend"

urlpatterns: list[URLPattern | URLResolver] = [
    # Workers, by the token in the address; first what they ask for with every grid.
    path("", include("frontend.views.workers.work")),
    path("", include("frontend.views.workers.leases")),
    path("", include("frontend.views.workers.arriving")),
    path("", include("frontend.views.workers.practice")),
    path("", include("frontend.views.workers.codes")),
    path("", include("frontend.views.workers.writing")),
    path("", include("frontend.views.workers.from_outside")),
    #
    # Signing in and out.
    path("login/", SignInView.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("password/", PasswordView.as_view(), name="password"),
    #
    # Researchers, in the order of the flow.
    path("", include("frontend.views.studies")),
    path("", include("frontend.views.pool.classes")),
    path("", include("frontend.views.pool.class_corrections")),
    path("", include("frontend.views.pool.collections")),
    path("", include("frontend.views.pool.candidates")),
    path("", include("frontend.views.pool.take_downs")),
    path("", include("frontend.views.pool.exclusions")),
    path("", include("frontend.views.pool.comparison")),
    path("", include("frontend.views.duplicates")),
    path("", include("frontend.views.guidelines")),
    path("", include("frontend.views.grids")),
    path("", include("frontend.views.launching.launches")),
    path("", include("frontend.views.launching.batches")),
    path("", include("frontend.views.launching.changes")),
    path("", include("frontend.views.invitations")),
    path("", include("frontend.views.rehearsing.start")),
    path("", include("frontend.views.inviting.people")),
    path("", include("frontend.views.inviting.completion")),
    path("", include("frontend.views.quality")),
    path("", include("frontend.views.money.statements")),
    path("", include("frontend.views.money.places")),
    path("", include("frontend.views.money.threads")),
    path("", include("frontend.views.frequencies")),
    path("", include("frontend.views.planning")),
    path("", include("frontend.views.top_up")),
    path("", include("frontend.views.testsets.feasibility")),
    path("", include("frontend.views.testsets.history")),
    path("", include("frontend.views.testsets.sets")),
    path("", include("frontend.views.testsets.reviewing")),
    path("", include("frontend.views.testsets.looking")),
    path("", include("frontend.views.testsets.exporting")),
    path("", include("frontend.views.classifiers")),
    path("", include("frontend.views.runs")),
    path("", include("frontend.views.uploads")),
    #
    # The report.
    path("", include("frontend.views.reports")),
    path("", include("frontend.views.report_files")),
    #
]

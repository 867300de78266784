from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    #
    # The programs' entrance: /api/ goes below this line.
    #
    # The people's entrance.
    path("", include("frontend.urls")),
]

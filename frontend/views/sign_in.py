from typing import Any

from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django_htmx.http import HttpResponseClientRefresh


class SignInView(LoginView):
    template_name = "frontend/login.html"
    redirect_authenticated_user = True

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The form; a page that asks for its progress after its session has ended is loaded anew instead."""
        if request.htmx:  # type: ignore[attr-defined]
            return HttpResponseClientRefresh()
        return super().get(request, *args, **kwargs)

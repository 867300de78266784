"""Signing in, and a password of one's own."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, PasswordChangeView
from django.core.exceptions import NON_FIELD_ERRORS
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse_lazy
from django_htmx.http import HttpResponseClientRefresh

from frontend.signing_in import TOO_OFTEN, SignInForm


class SignInView(LoginView):
    template_name = "frontend/login.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The form; a page that asks for its progress after its session has ended is loaded anew instead."""
        if request.htmx:  # type: ignore[attr-defined]
            return HttpResponseClientRefresh()
        return super().get(request, *args, **kwargs)

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        response: HttpResponse = super().form_invalid(form)
        if form.has_error(NON_FIELD_ERRORS, TOO_OFTEN):
            response.status_code = HTTPStatus.TOO_MANY_REQUESTS
        return response


class PasswordView(PasswordChangeView):
    """Who changes it is signed out everywhere else: other browsers, and programs with their tokens."""

    template_name = "frontend/password.html"
    success_url = reverse_lazy("frontend:study-list")
    http_method_names = ["get", "head", "post", "options"]

    def get_form(self, form_class: Any = None) -> Any:
        form = super().get_form(form_class)
        for field in form.fields.values():
            field.help_text = ""  # the page says it in a sentence
        return form

    def form_valid(self, form: Any) -> HttpResponse:
        with transaction.atomic():
            response: HttpResponse = super().form_valid(form)
        messages.success(self.request, "Your password is changed. You are signed out everywhere but here.")
        return response

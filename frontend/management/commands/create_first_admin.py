import secrets
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Make an admin account on first start and print its random password once; later starts change nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        if User.objects.filter(is_superuser=True).exists():
            return
        password = secrets.token_urlsafe(12)
        User.objects.create_superuser("admin", password=password)
        self.stdout.write(f"First start: sign in as 'admin' with the password {password} (shown only now).")
        self.stdout.write("Another one: python manage.py changepassword admin")

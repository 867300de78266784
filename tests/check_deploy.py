"""`manage.py check --deploy` on production settings, with every required variable set to a throw-away value."""

import os
import secrets
import subprocess
import sys

PRODUCTION = {
    "TWINSET_MODE": "production",
    "SECRET_KEY": secrets.token_urlsafe(64),
    "ALLOWED_HOSTS": "twinset.example",
    "DATABASE_URL": "postgres://twinset@127.0.0.1:1/twinset",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "STORAGE_BUCKET": "twinset",
}


def main() -> int:
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    return subprocess.run(command, env=os.environ | PRODUCTION, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

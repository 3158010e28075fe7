#!/bin/sh
# Checks the compose files, as part of `make check`. It needs Docker Compose, but no Docker engine.
set -eu
cd "$(dirname "$0")/.."
if docker compose version >/dev/null 2>&1; then
    compose="docker compose"
elif command -v docker-compose >/dev/null 2>&1; then
    compose=docker-compose
else
    echo "the compose files are not checked: Docker Compose is not here (Debian: apt-get install docker-compose)"
    exit 0
fi
# What somebody has set in this shell is not what is checked.
unset COMPOSE_FILE COMPOSE_PROFILES
export PREFECT_API_URL=https://cloud.example.org/api PREFECT_API_KEY=key
compose="$compose --env-file .env.example --file docker-compose.yml"
$compose config --quiet
$compose --file docker-compose.cloud.yml config --quiet
$compose --file tests/compose/docker-compose.test.yml config --quiet

#!/bin/sh
# Installs a hashed lock file, which names everything, into /opt/venv. The libraries' own tests stay out;
# bytecode is made now, because containers cannot write it later.
set -eu
uv pip install --python /opt/venv/bin/python --no-deps --require-hashes --requirements "$1"
cd /opt/venv/lib/python3.11/site-packages
for package in catboost matplotlib mpl_toolkits networkx numpy pandas pyarrow scipy sklearn skops; do
    [ ! -d "$package" ] || find "$package" -type d -name tests -prune -exec rm -rf {} +
done
/opt/venv/bin/python -m compileall -q -j 2 . || true

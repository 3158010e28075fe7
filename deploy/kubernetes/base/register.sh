# Tells the Prefect server of the work pool and of the weekly deployment. It may be run again and again. While the
# server does not answer it fails, and Kubernetes starts it anew.
set -eu
sed -e "s|@IMAGE@|$PIPELINE_IMAGE|" -e "s|@NAMESPACE@|$POD_NAMESPACE|" /etc/weekwise/job-template.json > /tmp/job-template.json
prefect --no-prompt work-pool create weekly --type kubernetes --base-job-template /tmp/job-template.json --overwrite
# One store, one writer: the next run waits for the one before it.
prefect --no-prompt work-pool set-concurrency-limit weekly 1
kedro weekly deploy --work-pool weekly

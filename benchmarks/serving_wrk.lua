-- A POST of one file again and again; what came of it, as one line of JSON.
--   wrk -t1 -c8 -d3s -s serving_wrk.lua http://127.0.0.1:8000/predict -- BODY_FILE

function init(args)
  local file = io.open(args[1], "rb")
  wrk.method = "POST"
  wrk.body = file:read("*a")
  local is_table = args[1]:match("%.arrow$")
  wrk.headers["Content-Type"] = is_table and "application/vnd.apache.arrow.stream" or "application/json"
  file:close()
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '{"rps": %f, "p50": %f, "p99": %f, "p99.9": %f, "longest": %f, "failed": %d}\n',
    summary.requests / (summary.duration / 1e6),
    latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3,
    latency:percentile(99.9) / 1e3,
    latency.max / 1e3,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout
  ))
end

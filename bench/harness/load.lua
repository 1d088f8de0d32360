-- SPDX-License-Identifier: Apache-2.0
-- Prints wrk's figures as one line of JSON. Only `done` is defined, so nothing runs per request.
function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    '\nAPUS {"requests":%d,"microseconds":%d,"bytes":%d,"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d,'
      .. '"p50":%.1f,"p99":%.1f,"p999":%.1f}\n',
    summary.requests, summary.duration, summary.bytes, e.connect, e.read, e.write, e.status, e.timeout,
    latency:percentile(50), latency:percentile(99), latency:percentile(99.9)))
end

-- request.lua - one request, again and again: METHOD, PATH, BODY and HEADER_* of the environment
wrk.method = os.getenv("METHOD") or "GET"
wrk.path = os.getenv("PATH_QUERY")
wrk.body = os.getenv("BODY")
for header in (os.getenv("HEADERS") or ""):gmatch("[^\n]+") do
	local name, value = header:match("^([^:]+): (.*)$")
	wrk.headers[name] = value
end

-- Anything but what was expected spoils the measurement: it is counted.
local expected = tonumber(os.getenv("STATUS") or "200")
local threads = {}
function setup(thread) table.insert(threads, thread) end
function init() wrong = 0 end
function response(status) if status ~= expected then wrong = wrong + 1 end end

function done(summary, latency)
	local wrong = 0
	for _, thread in ipairs(threads) do wrong = wrong + thread:get("wrong") end
	io.write(string.format("RESULT %.1f %d %d %.3f %.3f\n", summary.requests / (summary.duration / 1e6),
		summary.requests, wrong, latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end

-- refresh.lua - chains of refresh tokens: each answer's token is used by a later request
local threads = {}
function setup(thread)
	thread:set("id", #threads)
	table.insert(threads, thread)
end

function append(token)
	queue[tail] = token
	tail = tail + 1
end

function init()
	wrong = 0
	queue, head, tail = {}, 1, 1
	local n = 0
	for token in io.lines(os.getenv("TOKENS")) do
		if n % tonumber(os.getenv("THREADS")) == id then append(token) end
		n = n + 1
	end
end

function request()
	local token = queue[head]
	queue[head] = nil
	head = head + 1
	return wrk.format("POST", "/token", { ["Content-Type"] = "application/x-www-form-urlencoded" },
		"grant_type=refresh_token&client_id=bench&refresh_token=" .. (token or "none"))
end

function response(status, headers, body)
	local token = body:match('"refresh_token":"([^"]+)"')
	if status ~= 200 or not token then wrong = wrong + 1 else append(token) end
end

function done(summary, latency)
	local wrong = 0
	for _, thread in ipairs(threads) do wrong = wrong + thread:get("wrong") end
	io.write(string.format("RESULT %.1f %d %d %.3f %.3f\n", summary.requests / (summary.duration / 1e6),
		summary.requests, wrong, latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end

-- redeem.lua - each request spends another authorization code, CODES of them from FIRST on
local threads = {}
function setup(thread)
	thread:set("id", #threads)
	table.insert(threads, thread)
end

function init()
	wrong, spent = 0, 0
	local first, codes = tonumber(os.getenv("FIRST")), tonumber(os.getenv("CODES"))
	local count = math.floor(codes / tonumber(os.getenv("THREADS")))
	next_code = first + id * count
	last_code = next_code + count - 1
end

function request()
	local code = next_code
	if next_code < last_code then next_code = next_code + 1 end
	return wrk.format("POST", "/token", { ["Content-Type"] = "application/x-www-form-urlencoded" },
		"grant_type=authorization_code&client_id=bench&redirect_uri=http%3A%2F%2F127.0.0.1%2Fcb&code=code-" ..
		code .. "&code_verifier=" .. os.getenv("VERIFIER"))
end

function response(status)
	if status == 200 then spent = spent + 1 else wrong = wrong + 1 end
end

function done(summary, latency)
	local wrong, spent = 0, 0
	for _, thread in ipairs(threads) do
		wrong, spent = wrong + thread:get("wrong"), spent + thread:get("spent")
	end
	io.write(string.format("RESULT %.1f %d %d %.3f %.3f\n", spent / (summary.duration / 1e6), spent, wrong,
		latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end

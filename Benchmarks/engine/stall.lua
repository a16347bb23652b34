-- Orders for `wrk`, for scripts/bench-recovery: RESULT, so that each answer has passed the matcher,
-- at a steady rate: every connection waits between two orders. Of every four orders two rest on
-- each side, far from the best, and two take one lot (IOC): the book neither drains nor grows much.
-- Arguments after `--`: a tag that no other run on the same engine has, and the wait in ms.
--
-- At the end one line: RESULT <requests> <us> <errors> <p50 us> <p99 us> <max us>

local threads = 0

function setup(thread)
    thread:set("number", threads)
    threads = threads + 1
end

local kinds = {
    "side=SELL&timeInForce=GTC&price=55000.00",
    "side=BUY&timeInForce=IOC&price=50500.00",
    "side=BUY&timeInForce=GTC&price=45000.00",
    "side=SELL&timeInForce=IOC&price=49500.00",
}
local ids, sent, pause

function init(args)
    math.randomseed(42 + number)
    ids = (args[1] or "x") .. "." .. number .. "."
    pause = tonumber(args[2] or "4")
    sent = 0
end

function delay()
    return pause
end

function request()
    sent = sent + 1
    local text = "symbol=BTCUSDT&type=LIMIT&quantity=0.00001&newOrderRespType=RESULT&"
        .. kinds[sent % 4 + 1] .. "&newClientOrderId=" .. ids .. sent
    return "POST /api/v3/order HTTP/1.1\r\nHost: 127.0.0.1\r\nX-MBX-APIKEY: u"
        .. math.random(1, 1000)
        .. "\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: " .. #text
        .. "\r\n\r\n" .. text
end

function done(summary, latency, requests)
    local e = summary.errors
    io.write(string.format("RESULT %d %d %d %.0f %.0f %.0f\n", summary.requests, summary.duration,
        e.status + e.connect + e.read + e.write + e.timeout, latency:percentile(50),
        latency:percentile(99), latency.max))
end

-- Orders for `wrk`, for scripts/bench-engine: ACK, unique client ids, 1,000 accounts, one symbol.
--
-- Of every four orders two rest, one on each side, and two take (IOC) as much as both sides were
-- given: the book stays some levels deep and no account drains. Arguments after `--`: a tag that no
-- other run on the same engine has, and `ping` for GET /api/v3/ping instead of orders.
--
-- At the end one line: RESULT <requests> <us> <status errors> <socket errors> <p50 us> <p99 us>

local threads = 0

function setup(thread)
    thread:set("number", threads)
    threads = threads + 1
end

local kinds = {
    { side = "SELL", tif = "GTC", quantity = "0.00100", from = 50001, step = 1 },
    { side = "BUY", tif = "GTC", quantity = "0.00100", from = 49999, step = -1 },
    { side = "BUY", tif = "IOC", quantity = "0.00200", from = 50010, step = 0 },
    { side = "SELL", tif = "IOC", quantity = "0.00200", from = 49990, step = 0 },
}
local levels = 10
local bodies, ids, sent, isPing

local function body(kind, level)
    local price = kind.from + kind.step * level
    return "symbol=BTCUSDT&side=" .. kind.side .. "&type=LIMIT&timeInForce=" .. kind.tif
        .. "&quantity=" .. kind.quantity .. "&price=" .. price
        .. ".00&newOrderRespType=ACK&newClientOrderId="
end

function init(args)
    math.randomseed(42 + number)
    ids = (args[1] or "x") .. "." .. number .. "."
    isPing = args[2] == "ping"
    sent = 0
    bodies = {}
    for i, kind in ipairs(kinds) do
        bodies[i] = {}
        for level = 0, levels - 1 do bodies[i][level] = body(kind, level) end
    end
end

function request()
    if isPing then return "GET /api/v3/ping HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" end
    sent = sent + 1
    local text = bodies[sent % 4 + 1][math.random(0, levels - 1)] .. ids .. sent
    return "POST /api/v3/order HTTP/1.1\r\nHost: 127.0.0.1\r\nX-MBX-APIKEY: u"
        .. math.random(1, 1000)
        .. "\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: " .. #text
        .. "\r\n\r\n" .. text
end

function done(summary, latency, requests)
    local e = summary.errors
    io.write(string.format("RESULT %d %d %d %d %.0f %.0f\n", summary.requests, summary.duration,
        e.status, e.connect + e.read + e.write + e.timeout, latency:percentile(50),
        latency:percentile(99)))
end

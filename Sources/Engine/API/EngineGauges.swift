// What the engine is like now, shared by /metrics and /admin/v1/stats. Read on the matcher's
// thread, between batches.

import Glibc
import HarnessCore

/// Values by name, in the order they are shown.
struct EngineGauges: Sendable {
    enum Label: Sendable, Equatable { case none, shard, symbol(String) }
    struct Value: Sendable {
        var name: String
        var label: Label
        var text: String
        /// Only ever rises.
        var isCounter = false
    }
    private(set) var values: [Value] = []

    mutating func add(
        _ name: String, _ value: some CustomStringConvertible, _ label: Label = .none,
        isCounter: Bool = false
    ) {
        values.append(
            Value(name: name, label: label, text: "\(value)", isCounter: isCounter))
    }

    /// `{"seq":9,"open_orders":{"BTCUSDT":3},...}`
    var json: String {
        var fields: [String] = []
        var i = 0
        while i < values.count {
            let first = values[i]
            guard case .symbol = first.label else {
                fields.append("\"\(first.name)\":\(first.text)")
                i += 1
                continue
            }
            var inner: [String] = []
            while i < values.count, values[i].name == first.name,
                case .symbol(let symbol) = values[i].label
            {
                inner.append("\"\(symbol)\":\(values[i].text)")
                i += 1
            }
            fields.append("\"\(first.name)\":{\(inner.joined(separator: ","))}")
        }
        return "{\(fields.joined(separator: ","))}"
    }

    /// Prometheus text with `prefix` before each name.
    func exposition(prefix: String) -> String {
        var text = ""
        var last = ""
        for value in values {
            if value.name != last {
                let type = value.isCounter ? "counter" : "gauge"
                text += "# TYPE \(prefix)\(value.name) \(type)\n"
                last = value.name
            }
            let labels =
                switch value.label {
                case .none: ""
                case .shard: "{shard=\"0\"}"
                case .symbol(let symbol): "{symbol=\"\(symbol)\"}"
                }
            text += "\(prefix)\(value.name)\(labels) \(value.text)\n"
        }
        return text
    }
}

extension TradingAPI {
    /// Called on the matcher's thread.
    func gauges(_ matcher: Matcher) -> EngineGauges {
        var gauges = EngineGauges()
        gauges.add("seq", matcher.lastSeq, .shard)
        if let storeWriter {
            let stored = storeWriter.storedSeq
            let lag = matcher.lastSeq >= stored ? matcher.lastSeq - stored : 0
            gauges.add("store_seq", stored, .shard)
            gauges.add("store_lag_seq", lag, .shard)
            gauges.add(
                "store_lag_seconds", storeWriter.lag(now: Instant.now()).seconds, .shard)
        }
        gauges.add("match_queue_depth", shard.inflightCount, .shard)
        gauges.add("accounts", matcher.accountCount, .shard)
        gauges.add("retained_orders", matcher.retainedOrderCount, .shard)
        for (i, rules) in market.symbols.enumerated() {
            gauges.add("open_orders", matcher.openOrders(on: UInt16(i)), .symbol(rules.symbol))
        }
        for (i, rules) in market.symbols.enumerated() {
            gauges.add(
                "trades_total", matcher.tradeCount(on: UInt16(i)), .symbol(rules.symbol),
                isCounter: true)
        }
        gauges.add("log_durable", 1)
        if let store {
            gauges.add("db_pool_size", store.connectionLimit)
            gauges.add("db_pool_in_use", store.connectionsInUse)
        }
        gauges.add("http_connections", statistics.connectionCount)
        gauges.add("cpu_cores", sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        gauges.add("memory_limit_bytes", ProcessFacts.memoryLimitBytes)
        return gauges
    }
}

/// The process as the kernel sees it.
enum ProcessFacts {
    static var cpuSeconds: Double {
        var usage = rusage()
        getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
        return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
            + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
    }

    /// Field 2 of /proc/self/statm, in pages.
    static var residentBytes: Int {
        let fields = line("/proc/self/statm").split(separator: " ")
        guard fields.count > 1, let pages = Int(fields[1]) else { return 0 }
        return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
    }

    static var openFiles: Int {
        guard let directory = opendir("/proc/self/fd") else { return 0 }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        // `.`, `..` and the descriptor of this very directory.
        return max(0, count - 3)
    }

    /// The cgroup's limit, else the physical memory.
    static var memoryLimitBytes: Int {
        for path in ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"] {
            if let bytes = Int(line(path)), bytes < Int.max / 4 { return bytes }
        }
        return Int(sysconf(Int32(_SC_PHYS_PAGES))) * Int(sysconf(Int32(_SC_PAGESIZE)))
    }

    /// First line of a file, empty where it cannot be read.
    private static func line(_ path: String) -> String {
        guard let file = fopen(path, "r") else { return "" }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        guard fgets(&line, 256, file) != nil else { return "" }
        return String(
            decoding: line.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) },
            as: UTF8.self)
    }
}

// The text of /metrics (engine.md 2): Prometheus exposition 0.0.4.

import Glibc
import HarnessCore

extension TradingAPI {
    func metrics() -> String {
        let totals = statistics.snapshot
        let prefix = "spotload_engine_"
        var text = ""
        func counter(_ name: String, _ value: some CustomStringConvertible, labels: String = "") {
            text += "# TYPE \(name) counter\n\(name)\(labels) \(value)\n"
        }
        func gauge(_ name: String, _ value: some CustomStringConvertible, labels: String = "") {
            text += "# TYPE \(name) gauge\n\(name)\(labels) \(value)\n"
        }
        func family(_ name: String, _ values: [(String, UInt64)]) {
            guard !values.isEmpty else { return }
            text += "# TYPE \(name) counter\n"
            for (labels, value) in values.sorted(by: { $0.0 < $1.0 }) {
                text += "\(name){\(labels)} \(value)\n"
            }
        }
        family(prefix + "http_requests_total", totals.requests.map { ($0.key, $0.value) })
        family(
            prefix + "rejects_total", totals.rejects.map { ("code=\"\($0.key)\"", $0.value) })
        family(
            prefix + "agent_requests_total",
            totals.agentRequests.map { ("agent=\"\($0.key)\"", $0.value) })
        family(
            prefix + "agent_responses_total",
            totals.agentResponses.map { ("agent=\"\($0.key)\"", $0.value) })
        counter(prefix + "commands_total", totals.commands, labels: "{shard=\"0\"}")
        counter(prefix + "trades_total", totals.trades)
        let shardLabel = "{shard=\"0\"}"
        gauge(prefix + "match_queue_depth", shard.inflightCount, labels: shardLabel)
        gauge(prefix + "seq", totals.seq, labels: shardLabel)
        if let storeWriter {
            let stored = storeWriter.storedSeq
            gauge(prefix + "store_seq", stored, labels: shardLabel)
            gauge(
                prefix + "store_lag_seq", totals.seq >= stored ? totals.seq - stored : 0,
                labels: shardLabel)
            gauge(
                prefix + "store_lag_seconds", storeWriter.lag(now: Instant.now()).seconds,
                labels: shardLabel)
        }
        gauge(prefix + "log_durable", 1)
        gauge(prefix + "cpu_cores", sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        text += statistics.requestDuration.exposition(prefix + "http_request_duration_seconds")
        text += statistics.logAppend.exposition(prefix + "log_append_duration_seconds")
        var usage = rusage()
        getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
        let cpu =
            Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
            + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
        counter("process_cpu_seconds_total", cpu)
        gauge("process_resident_memory_bytes", Self.residentBytes())
        return text
    }

    /// Field 2 of /proc/self/statm, in pages.
    private static func residentBytes() -> Int {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        guard fgets(&line, 256, file) != nil else { return 0 }
        let text = String(
            decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let fields = text.split(separator: " ")
        guard fields.count > 1, let pages = Int(fields[1]) else { return 0 }
        return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
    }
}

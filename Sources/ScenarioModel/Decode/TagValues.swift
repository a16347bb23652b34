// Values that tags of the harness's own can have: what a target answers is open, what we call
// things is not.

import HarnessCore

enum TagValues {
    private static let fixed: [String: Set<String>] = [
        "expected_response": ["true", "false"],
        "proto": ["HTTP/1.0", "HTTP/1.1", "HTTP/2.0", "HTTP/3.0"],
        "tls_version": ["tls1.0", "tls1.1", "tls1.2", "tls1.3"],
        "cause": ["late_join", "handover", "offline", "drain", "loss", "abort"],
    ]
    private static let dropReasons: Set<String> = ["no_vu", "expired", "ring_full", "ended"]
    private static let errorReasons: Set<String> = [
        "undefined_name", "arithmetic", "data_exhausted", "loop_limit", "bad_value", "fail",
    ]
    private static let errors: Set<String> = [
        "timeout", "dns", "connect", "tls", "reset", "too_large", "blocked", "other",
    ]

    /// Why no sample can have the value; nil where one can.
    static func problem(_ metric: String, _ key: String, _ value: String) -> String? {
        if let known = fixed[key] { return unknown(key, value, known) }
        switch key {
        case "reason":
            return unknown(
                key, value, metric == "dropped_iterations" ? dropReasons : errorReasons)
        case "status": return isStatus(value) || value == "0" ? nil : never(key, value)
        case "error":
            if value.hasPrefix("http_"), isStatus(String(value.dropFirst(5))) { return nil }
            return unknown(key, value, errors)
        case "error_code":
            guard let code = Int(value), String(code) == value,
                FailureCode.transport.contains(code) || (1100...1999).contains(code)
            else { return never(key, value) }
            return nil
        default: return nil
        }
    }

    private static func isStatus(_ text: String) -> Bool {
        text.utf8.count == 3 && NodeReader.isInteger(text) && (100...999).contains(Int(text) ?? 0)
    }

    private static func unknown(_ key: String, _ value: String, _ known: Set<String>) -> String? {
        known.contains(value) ? nil : never(key, value) + NearestName.hint(value, in: known)
    }

    private static func never(_ key: String, _ value: String) -> String {
        "nothing has the tag \(key):\(value)"
    }
}

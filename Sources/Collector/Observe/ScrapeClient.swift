// One GET of an exporter: bounded in time and bytes, no redirect followed, no proxy, cookie or
// credential. Off the data plane; each transfer has a thread of its own, which waits and parses.
//
// Not URLSession: on Linux it ends the process ("Transfer completed, but there's no response")
// where an answer stops within its headers, and an exporter that dies must not take the run along.
// HTTP/1.0 is asked for, so that no answer is chunked or outlives its connection.

package import Foundation
import Glibc
package import HarnessCore
import Synchronization

/// What came back, as it came.
package struct ScrapeAnswer: Sendable {
    package var body: [UInt8]
    package var contentType: String?
    package init(body: [UInt8], contentType: String? = nil) {
        self.body = body
        self.contentType = contentType
    }
}

/// Why nothing came, in words.
package struct ScrapeFailure: Error, Sendable, Equatable {
    package let why: String
    package init(_ why: String) { self.why = why }
}

package protocol ScrapeFetching: Sendable {
    /// - Throws: `ScrapeFailure`; also where the task was cancelled.
    func get(_ url: URL, within timeout: TimeSpan) async throws(ScrapeFailure) -> ScrapeAnswer
}

package final class ScrapeClient: ScrapeFetching {
    private let rule: TargetRule

    /// - Parameter rule: where it may connect to beside loopback.
    package init(rule: TargetRule = TargetRule()) { self.rule = rule }

    package func get(
        _ url: URL, within timeout: TimeSpan
    ) async throws(ScrapeFailure) -> ScrapeAnswer {
        let cancelled = CancelFlag()
        let rule = rule
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                _ = DedicatedThread(name: "scrape") {
                    continuation.resume(returning: Self.transfer(url, timeout, rule, cancelled))
                }
            }
        } onCancel: {
            cancelled.set()
        }
        return try result.get()
    }

    private static func transfer(
        _ url: URL, _ timeout: TimeSpan, _ rule: TargetRule, _ cancelled: CancelFlag
    ) -> Result<ScrapeAnswer, ScrapeFailure> {
        Result { () throws(ScrapeFailure) in
            let socket = try ScrapeSocket(url, timeout, rule, cancelled)
            try socket.send(request(url))
            return try ScrapeResponse(try socket.receive()).answer()
        }
    }

    private static let accept =
        "application/openmetrics-text;version=1.0.0;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"

    private static func request(_ url: URL) -> [UInt8] {
        let parts = URLComponents(url: url, resolvingAgainstBaseURL: true)
        let path = parts?.percentEncodedPath ?? ""
        let query = parts?.percentEncodedQuery.map { "?" + $0 } ?? ""
        let host = (parts?.percentEncodedHost ?? "") + (url.port.map { ":\($0)" } ?? "")
        return Array(
            ("GET \(path.isEmpty ? "/" : path)\(query) HTTP/1.0\r\nHost: \(host)\r\n"
                + "Accept: \(accept)\r\nUser-Agent: spotload/\(Limits.version)\r\n"
                + "Connection: close\r\n\r\n").utf8)
    }
}

final class CancelFlag: Sendable {
    private let flag = Atomic<Bool>(false)
    var isSet: Bool { flag.load(ordering: .relaxed) }
    func set() { flag.store(true, ordering: .relaxed) }
}

/// The bytes of an answer, up to the connection's end.
struct ScrapeResponse {
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func answer() throws(ScrapeFailure) -> ScrapeAnswer {
        guard let (headEnd, bodyStart) = split else {
            throw ScrapeFailure("the connection ended before an answer")
        }
        let lines = String(decoding: bytes[..<headEnd], as: UTF8.self)
            .split(whereSeparator: \.isNewline)
        let words = lines.first?.split(separator: " ") ?? []
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else {
            throw ScrapeFailure("no HTTP answer")
        }
        guard status == 200 else {
            let isRedirect = (300..<400).contains(status)
            throw ScrapeFailure(
                "answered \(status)\(isRedirect ? ", a redirect: not followed" : "")")
        }
        let headers = Self.headers(lines.dropFirst())
        guard headers["transfer-encoding"] == nil, headers["content-encoding"] == nil else {
            throw ScrapeFailure("its answer is encoded, which was not asked for")
        }
        var body = Array(bytes[bodyStart...])
        if let length = headers["content-length"] {
            guard let count = Int(length), count >= 0, count <= body.count else {
                throw ScrapeFailure("its answer was cut short")
            }
            body.removeLast(body.count - count)
        }
        return ScrapeAnswer(body: body, contentType: headers["content-type"])
    }

    /// Where the headers end and the body begins.
    private var split: (Int, Int)? {
        let mark: [UInt8] = [13, 10, 13, 10]
        guard bytes.count >= 4 else { return nil }
        let last = min(bytes.count - 4, Limits.responseHeaderBytes)
        return (0...last).first { bytes[$0..<$0 + 4].elementsEqual(mark) }.map { ($0, $0 + 4) }
    }

    /// Names in lower case.
    private static func headers(_ lines: ArraySlice<Substring>) -> [String: String] {
        var headers: [String: String] = [:]
        for line in lines {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] =
                line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
        }
        return headers
    }
}

// One line of a histogram log, without its line end.

import HarnessCore

/// What a line says.
enum HistogramLogLine {
    case startTime(ns: Int64)
    case baseTime(ns: Int64)
    /// A comment, the legend, or nothing.
    case other
    case interval(tag: String?, startNs: Int64, lengthNs: Int64, histogram: RecordedHistogram)

    private static let versions = ["1.0", "1.1", "1.2", "1.3"]
    private static let versionHead = Array("#[Histogram log format version ".utf8)
    private static let startHead = Array("#[StartTime:".utf8)
    private static let baseHead = Array("#[BaseTime:".utf8)
    private static let tagHead = Array("Tag=".utf8)

    init(_ line: ArraySlice<UInt8>) throws(HistogramCodecError) {
        switch line.first {
        case nil, UInt8(ascii: "\""): self = .other
        case UInt8(ascii: "#"): self = try Self.comment(line)
        default: self = try Self.interval(line)
        }
    }

    private static func comment(
        _ line: ArraySlice<UInt8>
    ) throws(HistogramCodecError) -> HistogramLogLine {
        if let rest = line.dropping(startHead) {
            return .startTime(ns: try time(rest, "StartTime"))
        }
        if let rest = line.dropping(baseHead) { return .baseTime(ns: try time(rest, "BaseTime")) }
        if let rest = line.dropping(versionHead) {
            let version = String(decoding: rest.prefix { $0 != UInt8(ascii: "]") }, as: UTF8.self)
            guard versions.contains(version) else {
                throw HistogramCodecError(
                    "log format version \(quoted(rest.prefix { $0 != UInt8(ascii: "]") })), "
                        + "not 1.0 to 1.3")
            }
        }
        return .other
    }

    /// `: 1798848900.250 (seconds since epoch)...`, after the colon.
    private static func time(
        _ text: ArraySlice<UInt8>, _ what: String
    ) throws(HistogramCodecError) -> Int64 {
        let number = text.drop { $0 == UInt8(ascii: " ") }
            .prefix { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "]") }
        guard let ns = LogDecimal.nanoseconds(number) else {
            throw HistogramCodecError("\(what) \(quoted(number)) is no time in seconds")
        }
        return ns
    }

    private static func interval(
        _ line: ArraySlice<UInt8>
    ) throws(HistogramCodecError) -> HistogramLogLine {
        var rest = line
        var tag: String?
        if let tagged = line.dropping(tagHead) {
            let text = tagged.prefix { $0 != UInt8(ascii: ",") }
            guard !text.isEmpty, text.count <= Limits.tagBytes, text.allSatisfy(isTagByte),
                let word = String(validating: text, as: UTF8.self)
            else {
                throw HistogramCodecError(
                    "tag \(quoted(text)) is no word of 1 to \(Limits.tagBytes) bytes")
            }
            tag = word
            rest = tagged.dropFirst(text.count + 1)
        }
        let fields = rest.split(
            separator: UInt8(ascii: ","), maxSplits: 3, omittingEmptySubsequences: false)
        guard fields.count == 4 else {
            throw HistogramCodecError(
                "no interval: start, length, maximum and histogram, with commas between")
        }
        guard let start = LogDecimal.nanoseconds(fields[0]) else {
            throw HistogramCodecError("start \(quoted(fields[0])) is no time in seconds")
        }
        guard let length = LogDecimal.nanoseconds(fields[1]) else {
            throw HistogramCodecError("length \(quoted(fields[1])) is no time in seconds")
        }
        guard isNumber(fields[2]) else {
            throw HistogramCodecError("maximum \(quoted(fields[2])) is no number")
        }
        return .interval(
            tag: tag, startNs: start, lengthNs: length,
            histogram: try V2Codec.decode(base64: fields[3]))
    }

    static func isTagByte(_ byte: UInt8) -> Bool {
        byte > UInt8(ascii: " ") && byte != UInt8(ascii: ",") && byte != 0x7F
    }

    /// The maximum is for people: the histogram knows better, so its value is not read.
    private static func isNumber(_ text: ArraySlice<UInt8>) -> Bool {
        text.count <= 60 && Double(String(decoding: text, as: UTF8.self)) != nil
    }

    /// The beginning of foreign bytes, safe to print.
    private static func quoted(_ bytes: ArraySlice<UInt8>) -> String {
        let printable = bytes.prefix(40).map { (0x20..<0x7F).contains($0) ? $0 : UInt8(ascii: "?") }
        return "\"\(String(decoding: printable, as: UTF8.self))\(bytes.count > 40 ? "..." : "")\""
    }
}

extension ArraySlice<UInt8> {
    /// What follows `head`; nil where it does not begin with it.
    fileprivate func dropping(_ head: [UInt8]) -> ArraySlice<UInt8>? {
        starts(with: head) ? dropFirst(head.count) : nil
    }
}

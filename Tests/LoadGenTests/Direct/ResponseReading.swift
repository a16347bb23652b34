// Reads a response with the parser as an exchange does: piece by piece, what is left of a line
// before the next piece.

import LoadGen

/// What a response was, and how its reading ended.
struct ReadResponse: Equatable {
    var progress = ResponseParser.Progress.unfinished
    var fault = ResponseFault.none
    var status = 0
    var isReusable = false
    var bodyBytes = 0
    var head = ""
    var body = ""
    /// Bytes behind a complete response.
    var excess = 0

    /// - Parameters:
    ///   - cuts: positions at which the response is split, rising.
    ///   - closes: whether the peer closes after the last piece.
    static func of(
        _ response: [UInt8], cuts: [Int] = [], isHead: Bool = false, bodyMax: Int = .max,
        closes: Bool = false
    ) -> ReadResponse {
        var parser = ResponseParser()
        parser.begin(isHead: isHead, bodyMax: bodyMax)
        var result = ReadResponse()
        var (head, body, tail): ([UInt8], [UInt8], [UInt8]) = ([], [], [])
        for (start, end) in zip([0] + cuts, cuts + [response.count]) {
            if parser.progress == .complete { result.excess += end - start }
            guard parser.progress == .unfinished else { continue }
            var piece = tail + response[start..<end]
            let consumed = piece.withUnsafeMutableBufferPointer { bytes in
                bytes.baseAddress.map { parser.feed($0, bytes.count) } ?? 0
            }
            if parser.found.restartsHead { head = [] }
            head += piece[parser.found.head]
            head += piece[parser.found.trailer]
            body += piece[parser.found.body]
            tail = Array(piece[consumed...])
            if parser.progress == .complete { result.excess += tail.count }
        }
        if closes { parser.end() }
        result.progress = parser.progress
        result.fault = parser.fault
        result.status = parser.status
        result.isReusable = parser.isReusable
        result.bodyBytes = parser.bodyBytes
        result.head = String(decoding: head, as: UTF8.self)
        result.body = String(decoding: body, as: UTF8.self)
        return result
    }

    static func of(_ text: String, isHead: Bool = false, closes: Bool = false) -> ReadResponse {
        of(Array(text.utf8), isHead: isHead, closes: closes)
    }
}

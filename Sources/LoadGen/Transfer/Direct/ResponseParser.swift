// HTTP/1.1 responses, parsed as their bytes come. Reads what libcurl reads (bare LF, folded lines,
// any reason phrase), and refuses what it would guess at: two lengths, a length that is no number,
// white space before a colon, transfer codings other than chunked. No allocation, no clock, no I/O.
//
//     statusLine -> header... -> (1xx: from the start) -> body by length, by chunks, until close
//
// The caller owns all memory. `feed` is given a piece of the response and says which parts of that
// piece are headers and body to keep (`found`); chunks are moved together in place. What `feed`
// leaves unconsumed is the beginning of a line and must stand before the next piece.

import Glibc
import HarnessCore

package struct ResponseParser: Sendable {
    package enum Progress: UInt8, Sendable { case unfinished, complete, failed }

    /// Parts of the last piece, as offsets into it.
    package struct Found: Sendable, Equatable {
        /// Lines of the final response's head, its status line and its empty line among them.
        package var head = 0..<0
        /// The body's bytes that are to be kept, without chunk framing.
        package var body = 0..<0
        /// Lines after a chunked body.
        package var trailer = 0..<0
        /// A 1xx ended here: what was kept of a head before this piece is not the final one's.
        package var restartsHead = false
    }

    private enum Phase: UInt8 {
        case statusLine, header
        case lengthBody, untilClose
        case chunkSize, chunkExtension, chunkData, chunkEnd, trailer
        case complete, failed
    }

    /// 0 until a status line was read; then of the response read last.
    package private(set) var status = 0
    package private(set) var isHTTP10 = false
    /// Whether another request may follow on the connection, as far as the response says.
    package private(set) var isReusable = false
    /// Why it failed.
    package private(set) var fault = ResponseFault.none
    package private(set) var found = Found()
    /// Bytes of the body so far, without chunk framing.
    package private(set) var bodyBytes = 0

    private var phase = Phase.failed
    private var isHead = false
    private var keepsNoBody = false
    private var hasCoding = false
    private var isChunked = false
    private var hasDigit = false
    /// Bytes at the start of the next piece that hold no line's end.
    private var scanned = 0
    /// The piece has a NUL somewhere, which no line of a head may have.
    private var hasNUL = false
    private var headBytes = 0
    private var headLines = 0
    private var trailerBytes = 0
    private var extensionBytes = 0
    private var informational = 0
    /// Content-Length; -1: none.
    private var length = -1
    /// Of the body, or of the chunk.
    private var remaining = 0
    private var bodyMax = 0
    private var bodyKept = 0

    package init() {}

    /// A request was sent.
    /// - Parameters:
    ///   - isHead: of the method HEAD, whose response has no body.
    ///   - bodyMax: how many bytes of the body are to be kept; further ones are only counted.
    package mutating func begin(isHead: Bool, bodyMax: Int) {
        self = ResponseParser()
        self.isHead = isHead
        self.bodyMax = bodyMax
        phase = .statusLine
    }

    package var progress: Progress {
        switch phase {
        case .complete: .complete
        case .failed: .failed
        default: .unfinished
        }
    }

    /// Parses the next piece: what the call before left, and new bytes.
    /// - Returns: how many bytes were consumed. Of an unfinished response the rest is the
    ///   beginning of a line; after a complete one it does not belong to it.
    package mutating func feed(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int) -> Int {
        found = Found()
        if phase == .statusLine || phase == .header { hasNUL = memchr(bytes, 0, count) != nil }
        var at = 0
        while true {
            switch phase {
            case .statusLine, .header, .trailer:
                guard let end = lineEnd(bytes, at, count) else { return at }
                takeLine(bytes, at, end)
                at = end
            case .lengthBody:
                guard at < count else { return at }
                at += takeBody(bytes, at, count)
                if remaining == 0 { phase = .complete }
            case .untilClose:
                remaining = .max
                at += takeBody(bytes, at, count)
                return at
            case .chunkSize, .chunkExtension, .chunkEnd:
                guard at < count else { return at }
                at += takeFraming(bytes[at])
            case .chunkData:
                guard at < count else { return at }
                at += takeBody(bytes, at, count)
                if remaining == 0 { phase = .chunkEnd }
            case .complete, .failed:
                return at
            }
        }
    }

    /// The peer has closed the connection, orderly.
    package mutating func end() {
        switch phase {
        case .complete, .failed: break
        case .untilClose: phase = .complete
        case .statusLine, .header: fail(.headTruncated)
        default: fail(.bodyTruncated)
        }
    }

    private mutating func fail(_ why: ResponseFault) {
        phase = .failed
        fault = why
        isReusable = false
    }

    // MARK: - Lines

    /// Past the line feed of the line that begins at `start`; nil: there is none yet, or it failed.
    private mutating func lineEnd(
        _ bytes: UnsafeMutablePointer<UInt8>, _ start: Int, _ count: Int
    ) -> Int? {
        let from = start + scanned
        scanned = 0
        if from < count, let feed = memchr(bytes + from, 0x0A, count - from) {
            let end = feed.assumingMemoryBound(to: UInt8.self) - bytes + 1
            return isWithinLimits(end - start) ? end : nil
        }
        if phase == .statusLine, !Self.mayBegin(bytes + start, count - start) {
            fail(.notHTTP)
        } else if isWithinLimits(count - start) {
            scanned = count - start
        }
        return nil
    }

    /// Whether one more line of so many bytes may be; else it has failed.
    @inline(__always)
    private mutating func isWithinLimits(_ line: Int) -> Bool {
        let total = phase == .trailer ? trailerBytes : headBytes
        let totalMax = phase == .trailer ? Limits.trailerBytes : Limits.responseHeaderBytes
        if line <= Limits.responseHeaderLineBytes, total + line <= totalMax { return true }
        fail(phase == .trailer ? .trailersTooLarge : .headTooLarge)
        return false
    }

    private mutating func takeLine(
        _ bytes: UnsafeMutablePointer<UInt8>, _ start: Int, _ end: Int
    ) {
        let line = UnsafeBufferPointer(start: UnsafePointer(bytes + start), count: end - start)
        if phase == .trailer {
            takeTrailer(line, start..<end)
            return
        }
        headBytes += line.count
        if phase == .statusLine {
            found.head = start..<end
            takeStatusLine(line)
            return
        }
        found.head =
            found.head.isEmpty ? start..<end : found.head.lowerBound..<end
        if line[0] == 0x0A || line[0] == 0x0D {
            takeEmptyLine(line)
        } else {
            takeHeader(line)
        }
    }

    private static func mayBegin(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        let name = ResponseLine.protocolName
        return memcmp(bytes, name.utf8Start, min(count, name.utf8CodeUnitCount)) == 0
    }

    private mutating func takeStatusLine(_ line: UnsafeBufferPointer<UInt8>) {
        guard let base = line.baseAddress, Self.mayBegin(base, line.count) else {
            return fail(.notHTTP)
        }
        guard line.count >= 13 else { return fail(.badStatusLine) }
        guard line[5] == UInt8(ascii: "1"), line[6] == UInt8(ascii: "."),
            line[7] == UInt8(ascii: "1") || line[7] == UInt8(ascii: "0")
        else { return fail(.badVersion) }
        let (a, b, c) = (Int(line[9]) - 48, Int(line[10]) - 48, Int(line[11]) - 48)
        let after = line[12]
        guard line[8] == 0x20, 1...9 ~= a, 0...9 ~= b, 0...9 ~= c,
            after == 0x20 || after == 0x0D || after == 0x0A,
            !hasNUL || memchr(base, 0, line.count) == nil
        else { return fail(.badStatusLine) }
        status = a * 100 + b * 10 + c
        isHTTP10 = line[7] == UInt8(ascii: "0")
        isReusable = !isHTTP10
        keepsNoBody = status == 204 || status == 304 || status < 200
        headLines = 1
        phase = .header
    }

    /// The end of a head.
    private mutating func takeEmptyLine(_ line: UnsafeBufferPointer<UInt8>) {
        guard line[0] == 0x0A || line.count == 2 else { return fail(.badHeader) }
        if status < 200, status != 101 {
            informational += 1
            guard informational <= Limits.informationalResponses else {
                return fail(.tooManyInformational)
            }
            found.head = 0..<0
            found.restartsHead = true
            phase = .statusLine
            return
        }
        if isHead || status == 204 || status == 304 {
            phase = .complete
        } else if isChunked {
            // RFC 9112 6.3: such a message "ought to be handled as an error"; libcurl reads it by
            // its chunks, and so do we, but trust nothing that follows.
            if length >= 0 { isReusable = false }
            phase = .chunkSize
        } else if length >= 0, !hasCoding {
            remaining = length
            phase = length == 0 ? .complete : .lengthBody
        } else {
            isReusable = false
            phase = .untilClose
        }
    }

    private mutating func takeHeader(_ line: UnsafeBufferPointer<UInt8>) {
        headLines += 1
        guard headLines <= Limits.responseHeaderLines else { return fail(.headTooLarge) }
        guard let base = line.baseAddress, !hasNUL || memchr(base, 0, line.count) == nil else {
            return fail(.badHeader)
        }
        // obs-fold: part of the value before it, as libcurl has it. Not right after the status.
        if line[0] == 0x20 || line[0] == 0x09 {
            return headLines > 2 ? () : fail(.badHeader)
        }
        guard let found = memchr(base, Int32(UInt8(ascii: ":")), line.count) else {
            return fail(.badHeader)
        }
        let colon = UnsafeRawPointer(found) - UnsafeRawPointer(base)
        guard colon > 0, line[colon - 1] != 0x20, line[colon - 1] != 0x09 else {
            return fail(.badHeader)
        }
        let value = UnsafeBufferPointer(rebasing: line[(colon + 1)...])
        switch (line[0] | 0x20, colon) {
        case (UInt8(ascii: "c"), 14) where ResponseLine.isNamed(line, "content-length"):
            takeLength(value)
        case (UInt8(ascii: "c"), 10) where ResponseLine.isNamed(line, "connection"):
            takeConnection(value)
        case (UInt8(ascii: "t"), 17) where ResponseLine.isNamed(line, "transfer-encoding"):
            takeCoding(value)
        default: break
        }
    }

    private mutating func takeLength(_ value: UnsafeBufferPointer<UInt8>) {
        guard !keepsNoBody else { return }
        guard let number = ResponseLine.number(value), length < 0 || length == number else {
            return fail(.badLength)
        }
        length = number
    }

    private mutating func takeConnection(_ value: UnsafeBufferPointer<UInt8>) {
        if isHTTP10, ResponseLine.holds(value, "keep-alive") {
            isReusable = true
        } else if ResponseLine.holds(value, "close") {
            isReusable = false
        }
    }

    private mutating func takeCoding(_ value: UnsafeBufferPointer<UInt8>) {
        guard !keepsNoBody else { return }
        hasCoding = true
        if ResponseLine.equals(value, "chunked") {
            isChunked = true
        } else if !ResponseLine.equals(value, "identity") {
            fail(.badCoding)
        }
    }

    private mutating func takeTrailer(_ line: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) {
        trailerBytes += line.count
        if line[0] == 0x0A || line[0] == 0x0D, line.count <= 2 {
            phase = .complete
            return
        }
        found.trailer =
            found.trailer.isEmpty ? range : found.trailer.lowerBound..<range.upperBound
    }

    // MARK: - Body

    /// - Returns: how many bytes of the body, or of the chunk, there were.
    private mutating func takeBody(
        _ bytes: UnsafeMutablePointer<UInt8>, _ at: Int, _ count: Int
    ) -> Int {
        let taken = min(remaining, count - at)
        let kept = min(taken, bodyMax - bodyKept)
        if kept > 0 {
            if found.body.isEmpty {
                found.body = at..<at + kept
            } else {
                let end = found.body.upperBound
                memmove(bytes + end, bytes + at, kept)
                found.body = found.body.lowerBound..<end + kept
            }
            bodyKept += kept
        }
        bodyBytes += taken
        remaining -= taken
        return taken
    }

    /// One byte around chunks. Past the digits of its size a chunk's line may say anything.
    /// - Returns: 1 where the byte was consumed.
    private mutating func takeFraming(_ byte: UInt8) -> Int {
        switch phase {
        case .chunkSize:
            if let digit = ResponseLine.hexDigit(byte) {
                guard remaining >> (Int.bitWidth - 6) == 0 else {
                    fail(.badChunk)
                    return 0
                }
                remaining = remaining << 4 | digit
                hasDigit = true
                return 1
            }
            guard hasDigit else {
                fail(.badChunk)
                return 0
            }
            hasDigit = false
            extensionBytes = 0
            phase = .chunkExtension
            return 0
        case .chunkExtension:
            extensionBytes += 1
            if extensionBytes > Limits.chunkLineBytes { fail(.badChunk) }
            if byte == 0x0A { phase = remaining == 0 ? .trailer : .chunkData }
            return 1
        default:
            if byte == 0x0A {
                remaining = 0
                phase = .chunkSize
            } else if byte != 0x0D {
                fail(.badChunk)
            }
            return 1
        }
    }
}

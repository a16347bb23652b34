// The header lines of a request as libcurl would send them: its own (Host, Accept), the scenario's
// fixed ones, the request's. Rules of CURLOPT_HTTPHEADER(3): "Name: value" is sent, "Name:" takes
// away the header libcurl would send by itself, "Name;" is sent without a value.
//
// A block is rendered when its lines differ from those it was rendered from last time, so constant
// headers cost a comparison and a copy. Where they differ only from some line on, and from there on
// hold nothing of the names that matter to libcurl, those lines alone are written anew: an id or a
// token in a header of its own costs that header. Confined to the worker's thread.

import Glibc

struct HeaderBlock {
    /// What a block depends on beside its lines.
    struct Kind: Equatable {
        /// Of the origin: Host is as it spells it.
        var origin = -1
        /// libcurl's POST, with whatever method: it has a length and a type.
        var isPost = false
    }
    private var kind = Kind()
    private var source = RawBuffer()
    /// ` HTTP/1.1`, and all lines but Content-Length.
    private(set) var text = RawBuffer()
    /// Whether a Content-Length of ours follows.
    private(set) var sendsLength = false
    /// The request asks for a chunked body.
    private(set) var isChunked = false
    /// libcurl's Content-Type of a POST stands at the end.
    private var sendsType = false
    /// Where the last lines begin that are all plain, in `source` and in `text`.
    private var plainSource = 0
    private var plainText = 0

    /// Makes it a block for these lines.
    @inline(__always)
    mutating func fit(
        _ wanted: Kind, fixed: UnsafeBufferPointer<UInt8>, lines: UnsafeBufferPointer<UInt8>,
        origin: Origin, authorization: [UInt8]
    ) {
        if authorization.isEmpty, matches(wanted, lines) || renew(wanted, lines) { return }
        render(wanted, fixed: fixed, lines: lines, origin: origin, authorization: authorization)
    }

    private func matches(_ wanted: Kind, _ lines: UnsafeBufferPointer<UInt8>) -> Bool {
        guard kind == wanted, source.count == lines.count else { return false }
        guard let a = source.base, let b = lines.baseAddress else { return lines.isEmpty }
        return memcmp(a, b, lines.count) == 0
    }

    /// Writes the plain lines at the end anew.
    /// - Returns: false where the others differ too, or one of the new lines is not plain; it is
    ///   then to be rendered.
    private mutating func renew(_ wanted: Kind, _ lines: UnsafeBufferPointer<UInt8>) -> Bool {
        guard kind == wanted, lines.count >= plainSource, let base = lines.baseAddress,
            let known = source.base, memcmp(known, base, plainSource) == 0
        else { return false }
        text.truncate(to: plainText)
        var start = plainSource
        while let end = memchr(base + start, 0, lines.count - start) {
            let next = UnsafeRawPointer(end) - UnsafeRawPointer(base)
            let line = UnsafeBufferPointer(start: base + start, count: next - start)
            guard Self.isPlain(line) else { return false }
            append(line)
            append("\r\n")
            start = next + 1
        }
        if sendsType { append(Self.formType) }
        source.truncate(to: plainSource)
        source.append(base + plainSource, lines.count - plainSource)
        return true
    }

    /// - Parameters:
    ///   - fixed: lines that stand before the request's.
    ///   - lines: of the request, each ended by NUL.
    ///   - authorization: of a user in the URL, a whole line; empty without one.
    private mutating func render(
        _ wanted: Kind, fixed: UnsafeBufferPointer<UInt8>, lines: UnsafeBufferPointer<UInt8>,
        origin: Origin, authorization: [UInt8]
    ) {
        // A block with somebody's authorization is that request's alone.
        kind = authorization.isEmpty ? wanted : Kind()
        source.removeAll()
        if let base = lines.baseAddress { source.append(base, lines.count) }
        text.removeAll()
        let has = Names(fixed, lines)
        append(" HTTP/1.1\r\n")
        if let host = has.host {
            if host.count > 5 || host[4] != UInt8(ascii: ":") { appendHost(host) }
        } else {
            append(origin.hostLine)
        }
        if has.authorization == nil { append(authorization) }
        if has.accept == nil { append("Accept: */*\r\n") }
        Self.forEachLine(fixed) { append(line: $0) }
        var passed = 0
        (plainSource, plainText) = (0, text.count)
        Self.forEachLine(lines) { line in
            append(line: line)
            passed += line.count + 1
            if !Self.isPlain(line) { (plainSource, plainText) = (passed, text.count) }
        }
        isChunked =
            has.coding.map { ResponseLine.holds(Self.value(of: $0, 17), "chunked") } ?? false
        sendsLength = wanted.isPost && !isChunked && has.length == nil
        sendsType = wanted.isPost && has.type == nil
        if sendsType { append(Self.formType) }
    }

    private static let formType: StaticString =
        "Content-Type: application/x-www-form-urlencoded\r\n"

    mutating func deallocate() {
        source.deallocate()
        text.deallocate()
    }

    // MARK: - Lines

    /// Names that matter here.
    private enum Name { case host, accept, authorization, coding, length, type }

    /// nil: of any other name.
    @inline(__always)
    private static func name(of line: UnsafeBufferPointer<UInt8>) -> Name? {
        guard let first = line.first else { return nil }
        // Most lines are told apart by their first letter.
        switch first | 0x20 {
        case UInt8(ascii: "h"): return isNamed(line, "host") ? .host : nil
        case UInt8(ascii: "a"):
            if isNamed(line, "accept") { return .accept }
            return isNamed(line, "authorization") ? .authorization : nil
        case UInt8(ascii: "t"): return isNamed(line, "transfer-encoding") ? .coding : nil
        case UInt8(ascii: "c"):
            if isNamed(line, "content-length") { return .length }
            return isNamed(line, "content-type") ? .type : nil
        default: return nil
        }
    }

    /// The first line of each of these names; it may be one without a value.
    private struct Names {
        var host: UnsafeBufferPointer<UInt8>?
        var accept: UnsafeBufferPointer<UInt8>?
        var authorization: UnsafeBufferPointer<UInt8>?
        var coding: UnsafeBufferPointer<UInt8>?
        var length: UnsafeBufferPointer<UInt8>?
        var type: UnsafeBufferPointer<UInt8>?

        init(_ fixed: UnsafeBufferPointer<UInt8>, _ lines: UnsafeBufferPointer<UInt8>) {
            HeaderBlock.forEachLine(fixed) { take($0) }
            HeaderBlock.forEachLine(lines) { take($0) }
        }

        private mutating func take(_ line: UnsafeBufferPointer<UInt8>) {
            switch HeaderBlock.name(of: line) {
            case .host: host = host ?? line
            case .accept: accept = accept ?? line
            case .authorization: authorization = authorization ?? line
            case .coding: coding = coding ?? line
            case .length: length = length ?? line
            case .type: type = type ?? line
            case nil: break
            }
        }
    }

    /// Whether the line has a name that nothing else depends on, and a value: it is sent as it is.
    private static func isPlain(_ line: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let colon = colon(in: line), colon > 0, name(of: line) == nil else { return false }
        return line[(colon + 1)...].contains { !isSpace($0) }
    }

    /// Whether the line is `name`'s, with or without a value.
    private static func isNamed(_ line: UnsafeBufferPointer<UInt8>, _ name: StaticString) -> Bool {
        let length = name.utf8CodeUnitCount
        guard line.count > length else { return false }
        let after = line[length]
        return (after == UInt8(ascii: ":") || after == UInt8(ascii: ";"))
            && ResponseLine.isNamed(line, name)
    }

    private static func value(
        of line: UnsafeBufferPointer<UInt8>, _ nameLength: Int
    ) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(rebasing: line[min(line.count, nameLength + 1)...])
    }

    /// - Parameter lines: each ended by NUL.
    private static func forEachLine(
        _ lines: UnsafeBufferPointer<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> Void
    ) {
        guard let base = lines.baseAddress else { return }
        var start = 0
        while let end = memchr(base + start, 0, lines.count - start) {
            let next = UnsafeRawPointer(end) - UnsafeRawPointer(base)
            body(UnsafeBufferPointer(start: base + start, count: next - start))
            start = next + 1
        }
    }

    /// A line of the list, unless libcurl would leave it out.
    private mutating func append(line: UnsafeBufferPointer<UInt8>) {
        // It stands at Host's place already.
        if Self.isNamed(line, "host") { return }
        if let colon = Self.colon(in: line) {
            let hasValue = line[(colon + 1)...].contains { !Self.isSpace($0) }
            guard colon > 0, hasValue else { return }
            append(line)
        } else if let semicolon = line.firstIndex(of: UInt8(ascii: ";")) {
            let isAlone = line[(semicolon + 1)...].allSatisfy(Self.isSpace)
            guard semicolon > 0, isAlone, line.last == UInt8(ascii: ";") else { return }
            append(UnsafeBufferPointer(rebasing: line.dropLast()))
            append(":")
        } else {
            return
        }
        append("\r\n")
    }

    private static func colon(in line: UnsafeBufferPointer<UInt8>) -> Int? {
        guard let base = line.baseAddress,
            let found = memchr(base, Int32(UInt8(ascii: ":")), line.count)
        else { return nil }
        return UnsafeRawPointer(found) - UnsafeRawPointer(base)
    }

    /// libcurl writes the name anew and takes what follows as it is.
    private mutating func appendHost(_ line: UnsafeBufferPointer<UInt8>) {
        append("Host:")
        append(Self.value(of: line, 4))
        append("\r\n")
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || 0x09...0x0D ~= byte }

    private mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        if let base = bytes.baseAddress { text.append(base, bytes.count) }
    }

    private mutating func append(_ bytes: [UInt8]) { bytes.withUnsafeBufferPointer { append($0) } }

    private mutating func append(_ words: StaticString) {
        text.append(words.utf8Start, words.utf8CodeUnitCount)
    }
}

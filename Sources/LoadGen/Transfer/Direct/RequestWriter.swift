// Requests as bytes. What the server sees is what the multi lane would send: the same target, the
// same header lines, the same body. One buffer for all exchanges of a worker: a request is written
// and sent at once, and only what the kernel does not take is copied.
//
// A URL that begins with a known origin and has nothing in its path that libcurl would rewrite is
// taken as it is; every other one goes through libcurl's parser.

import Glibc
import HarnessCore

final class RequestWriter {
    /// Why the last request could not be written.
    private(set) var problem = ""
    private var origins = OriginTable()

    private var base: UnsafeMutablePointer<UInt8>
    private var capacity = 16 << 10
    /// Bytes of the written request, without those of a file.
    private(set) var count = 0

    private let fixed: UnsafeMutableBufferPointer<UInt8>
    private let blocks: UnsafeMutablePointer<HeaderBlock>
    private static let blockCount = 64

    /// - Parameter fixedHeaders: lines sent with every request.
    init(fixedHeaders: [String]) {
        base = .allocate(capacity: capacity)
        var lines: [UInt8] = []
        for line in fixedHeaders { lines += Array(line.utf8) + [0] }
        fixed = .allocate(capacity: lines.count)
        _ = fixed.initialize(from: lines)
        blocks = .allocate(capacity: Self.blockCount)
        blocks.initialize(repeating: HeaderBlock(), count: Self.blockCount)
    }

    deinit {
        base.deallocate()
        fixed.deallocate()
        for i in 0..<Self.blockCount { blocks[i].deallocate() }
        blocks.deallocate()
    }

    var bytes: UnsafePointer<UInt8> { UnsafePointer(base) }

    /// Writes `request`; `bytes` and `count` tell of it until the next one.
    /// - Parameter origin: where the exchange's last request went; then where this one goes, nil
    ///   where it cannot be written.
    func write(_ request: PreparedRequest, to origin: inout Origin?) {
        count = 0
        let hasBody = (request.file?.count ?? request.body.count) > 0
        let isPost =
            request.method == .post || hasBody && request.method != .head
        append(Self.word(request.method))
        append(0x20)
        var authorization: [UInt8] = []
        request.url.withUnsafeBufferPointer { appendTarget($0, &origin, &authorization) }
        guard let origin else { return }
        let length = request.file?.count ?? request.body.count
        request.headers.withUnsafeBufferPointer { lines in
            appendHeaders(
                lines, origin, authorization, isPost: isPost, step: request.stepID,
                length: isPost ? length : 0)
        }
        if isPost, request.file == nil {
            request.body.withUnsafeBufferPointer { append($0) }
        }
        endChunk(isPost: isPost, length: length, request.file)
    }

    // MARK: - Target

    private func appendTarget(
        _ url: UnsafeBufferPointer<UInt8>, _ origin: inout Origin?,
        _ authorization: inout [UInt8]
    ) {
        if let known = origin, appendPath(url, known) { return }
        if let known = origins.find(url), appendPath(url, known) {
            origin = known
            return
        }
        do throws(URLParts.Malformed) {
            let parts = try URLParts(Array(url) + [0])
            authorization = parts.authorization
            append(parts.target)
            origin = origins.intern(parts, url)
        } catch {
            problem = error.text
            origin = nil
        }
    }

    /// False where the URL is not this origin's, or libcurl would not send its path as it is.
    private func appendPath(_ url: UnsafeBufferPointer<UInt8>, _ known: Origin) -> Bool {
        let prefix = known.prefix(of: url)
        guard prefix > 0 else { return false }
        let path = UnsafeBufferPointer(rebasing: url[prefix...])
        guard PlainPath.isPlain(path) else { return false }
        append(path)
        return true
    }

    // MARK: - Headers and body

    private func appendHeaders(
        _ lines: UnsafeBufferPointer<UInt8>, _ origin: Origin, _ authorization: [UInt8],
        isPost: Bool, step: Int, length: Int
    ) {
        let kind = HeaderBlock.Kind(origin: origin.serial, isPost: isPost)
        let place = (step &* 31 &+ origin.key &* 7 &+ (isPost ? 1 : 0)) & (Self.blockCount - 1)
        let block = blocks + place
        block.pointee.fit(
            kind, fixed: UnsafeBufferPointer(fixed), lines: lines, origin: origin,
            authorization: authorization)
        if let text = block.pointee.text.base { append(text, block.pointee.text.count) }
        isChunked = isPost && block.pointee.isChunked
        if block.pointee.sendsLength {
            append("Content-Length: ")
            append(decimal: length)
            append("\r\n")
        }
        append("\r\n")
        if isChunked, length > 0 {
            append(hex: length)
            append("\r\n")
        }
    }

    /// The request asked for a chunked body: one chunk, which is over after the body.
    private(set) var isChunked = false
    /// What follows a file's bytes.
    static let chunkEnd: StaticString = "\r\n0\r\n\r\n"

    private func endChunk(isPost: Bool, length: Int, _ file: BodyBytes?) {
        guard isChunked else { return }
        if length == 0 {
            append("0\r\n\r\n")
        } else if file == nil {
            append(Self.chunkEnd)
        }
    }

    // MARK: - Bytes

    private static func word(_ method: HTTPMethod) -> StaticString {
        switch method {
        case .get: "GET"
        case .post: "POST"
        case .put: "PUT"
        case .patch: "PATCH"
        case .delete: "DELETE"
        case .head: "HEAD"
        case .options: "OPTIONS"
        }
    }

    @inline(__always) private func append(_ source: UnsafePointer<UInt8>, _ length: Int) {
        if count + length > capacity { grow(count + length) }
        memcpy(base + count, source, length)
        count += length
    }

    private func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        if let start = bytes.baseAddress { append(start, bytes.count) }
    }

    private func append(_ bytes: [UInt8]) { bytes.withUnsafeBufferPointer { append($0) } }

    private func append(_ text: StaticString) { append(text.utf8Start, text.utf8CodeUnitCount) }

    private func append(_ byte: UInt8) {
        if count + 1 > capacity { grow(count + 1) }
        base[count] = byte
        count += 1
    }

    private func append(decimal number: Int) {
        var divisor = 1
        while number / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            append(UInt8(0x30 + number / divisor % 10))
            divisor /= 10
        }
    }

    private func append(hex number: Int) {
        append(Array(String(number, radix: 16).utf8))
    }

    private func grow(_ wanted: Int) {
        let size = max(wanted, 2 * capacity)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: size)
        larger.update(from: base, count: count)
        base.deallocate()
        base = larger
        capacity = size
    }
}

@available(*, unavailable)
extension RequestWriter: Sendable {}

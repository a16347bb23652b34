// What the null server answers: always the same, made once. The body is an order as the bundled
// engine would report it, so that checks and captures of an order flow find what they look for,
// and is filled up to the size that was asked for.

package struct NullAnswer: Sendable {
    package enum Kind: UInt8, Sendable {
        /// Head and body; `last` ones say that the connection closes.
        case full, head, lastFull, lastHead
        case proceed
        case bad, tooLarge, unknownEncoding, unknownVersion

        /// The answer to what the parser refused.
        init(refusing status: Int) {
            switch status {
            case 431: self = .tooLarge
            case 501: self = .unknownEncoding
            case 505: self = .unknownVersion
            default: self = .bad
            }
        }

        /// Nothing is read after it.
        var isLast: Bool {
            switch self {
            case .full, .head, .proceed: false
            default: true
            }
        }
    }
    /// How many full answers stand in one piece, for pipelined requests.
    static let burst = 32
    private static let burstBytesMax = 64 << 10

    private let texts: [[UInt8]]
    /// Full answers one after the other; one where they are large.
    let fulls: [UInt8]
    package let fullBytes: Int

    /// - Parameter bodyBytes: exactly so many.
    package init(bodyBytes: Int) {
        let body = Self.body(bytes: bodyBytes)
        let full = Self.answer(200, "OK", body)
        let last = Self.answer(200, "OK", body, closes: true)
        texts = [
            full, Array(full.dropLast(body.count)), last, Array(last.dropLast(body.count)),
            Array("HTTP/1.1 100 Continue\r\n\r\n".utf8),
            Self.answer(400, "Bad Request", [], closes: true),
            Self.answer(431, "Request Header Fields Too Large", [], closes: true),
            Self.answer(501, "Not Implemented", [], closes: true),
            Self.answer(505, "HTTP Version Not Supported", [], closes: true),
        ]
        fullBytes = full.count
        let copies = full.count * Self.burst <= Self.burstBytesMax ? Self.burst : 1
        fulls = [[UInt8]](repeating: full, count: copies).flatMap { $0 }
    }

    func bytes(_ kind: Kind) -> [UInt8] { texts[Int(kind.rawValue)] }

    /// Body of `bytes` bytes: a JSON object where there is room for one.
    package static func body(bytes: Int) -> [UInt8] {
        let order =
            #"{"symbol":"BTCUSDT","orderId":1,"orderListId":-1,"clientOrderId":"calibrate-1","#
            + #""transactTime":1798848900250,"price":"100.00","origQty":"1.000","#
            + #""executedQty":"0.000","cummulativeQuoteQty":"0.00","status":"NEW","#
            + #""timeInForce":"GTC","type":"LIMIT","side":"BUY","fills":[]"#
        let plain = Array((order + "}").utf8)
        if bytes < plain.count {
            guard bytes >= 2 else { return [UInt8](repeating: 0x30, count: bytes) }
            return [0x7B] + [UInt8](repeating: 0x20, count: bytes - 2) + [0x7D]
        }
        let start = Array((order + #","pad":""#).utf8)
        let end = Array(#""}"#.utf8)
        guard bytes >= start.count + end.count else {
            return plain + [UInt8](repeating: 0x20, count: bytes - plain.count)
        }
        let pad = [UInt8](repeating: 0x78, count: bytes - start.count - end.count)
        return start + pad + end
    }

    /// Of the body that is answered unless another size is asked for.
    package static let plainBodyBytes = 320

    private static func answer(
        _ status: Int, _ reason: String, _ body: [UInt8], closes: Bool = false
    ) -> [UInt8] {
        let head =
            "HTTP/1.1 \(status) \(reason)\r\nContent-Type: application/json\r\n"
            + "Content-Length: \(body.count)\r\n" + (closes ? "Connection: close\r\n" : "") + "\r\n"
        return Array(head.utf8) + body
    }
}

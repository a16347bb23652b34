// What of a request is signed, and with what (Binance's way): `signature=<hex>` is the last
// parameter of the query, or else of a form body; signed is all that is left of both.
//
//     query  symbol=LTCBTC&side=BUY            signed  symbol=LTCBTC&side=BUYquantity=1
//     body   quantity=1&signature=c8db...

import HarnessCore

/// Valid as long as the request's bytes are.
struct SignedPayload {
    var query: UnsafeRawBufferPointer
    var body: UnsafeRawBufferPointer
    /// As sent.
    var signature: UnsafeRawBufferPointer

    /// Nil where neither ends with a signature.
    init?(query: UnsafeRawBufferPointer, body: UnsafeRawBufferPointer, isForm: Bool) {
        if let (signed, signature) = Self.split(query) {
            self.query = signed
            self.body = body
            self.signature = signature
        } else if isForm, let (signed, signature) = Self.split(body) {
            self.query = query
            self.body = signed
            self.signature = signature
        } else {
            return nil
        }
    }

    private static func split(
        _ text: UnsafeRawBufferPointer
    ) -> (UnsafeRawBufferPointer, UnsafeRawBufferPointer)? {
        let mark = text.lastIndex(of: UInt8(ascii: "&"))
        let start = mark.map { $0 + 1 } ?? 0
        let last = text.slice(start..<text.count)
        let name = "signature=".utf8.count
        guard last.count >= name, last.slice(0..<name).equals("signature=") else { return nil }
        return (text.slice(0..<(mark ?? 0)), last.slice(name..<last.count))
    }

    /// The 32 bytes that 64 hex digits say; nil where it is anything else.
    var code: [UInt8]? {
        guard signature.count == 64 else { return nil }
        var bytes: [UInt8] = []
        for i in stride(from: 0, to: 64, by: 2) {
            guard let high = Self.digit(signature[i]), let low = Self.digit(signature[i + 1]) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func digit(_ c: UInt8) -> UInt8? {
        switch c {
        case 48...57: c - 48
        case 65...70: c - 55
        case 97...102: c - 87
        default: nil
        }
    }
}

@available(*, unavailable)
extension SignedPayload: Sendable {}

/// When a signed request is valid.
enum RequestWindow {
    static let standardUs: Int64 = 5_000_000
    static let mostUs: Int64 = 60_000_000

    /// A timestamp in ms or, of 16 digits and more, in us; now and the window in us. Nil: valid.
    static func obstacle(timestamp: Int64, windowUs: Int64, nowUs: Int64) -> Rejection? {
        let isMicroseconds = timestamp >= 1_000_000_000_000_000
        let (sentUs, overflow) = timestamp.multipliedReportingOverflow(
            by: isMicroseconds ? 1 : 1_000)
        guard !overflow, sentUs < nowUs + 1_000_000 else { return .ahead }
        return nowUs - sentUs <= windowUs ? nil : .stale
    }
}

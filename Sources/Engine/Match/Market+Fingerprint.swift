// What a journal was written for. Its records name symbols and assets by position and were judged
// by these rules, so replaying them under others would change what was acknowledged.

import HarnessCore

extension Market {
    /// SHA-256, lowercase hex, of everything replay depends on.
    var fingerprint: String {
        let assets = assets.map { "\($0.name):\($0.scale)" }
        let symbols = symbols.map { s in
            let numbers: [Int64] = [
                Int64(s.baseAsset), Int64(s.quoteAsset), Int64(s.baseScale), Int64(s.quoteScale),
                s.tickUnits, s.stepUnits, s.minPrice, s.maxPrice, s.minQuantity, s.maxQuantity,
                s.minNotional, Int64(s.maxOrders), s.makerPpm, s.takerPpm,
            ]
            return s.symbol + " " + s.status.rawValue + " "
                + numbers.map { String($0) }.joined(separator: " ")
        }
        return Sha256.hex(Array((assets + symbols).joined(separator: "\n").utf8))
    }
}

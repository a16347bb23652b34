// Numbers of criteria with their units: `100ms`, `0.01%`, `5000/s`, `512MiB`, or bare. Which units
// fit follows from what the statistic is; a bare number is in the quantity's own unit.

/// A number in the unit of its quantity: ms, 0...1, per second, bytes, or none.
struct CriterionLimit {
    enum Quantity: String {
        case time, share, bytes, plain
        case perSecond, bytesPerSecond
        /// Of a metric that says nothing of itself: by the unit that is written.
        case any

        var words: String {
            switch self {
            case .time: "a time: ns, us, ms or s; a bare number is ms"
            case .share: "a share: 0.5% or 0.005"
            case .bytes: "bytes: KiB, MiB, GiB or a bare number"
            case .plain: "a number without a unit"
            case .perSecond: "a rate: 5000/s or a bare number"
            case .bytesPerSecond: "bytes per second: 10MiB/s, or a bare number"
            case .any: "a number, maybe with %, /s, ns, us, ms, s, KiB, MiB or GiB"
            }
        }
    }
    let value: Double
    let unit: Criterion.Unit

    private struct Suffix {
        let text: String
        let quantity: Quantity
        let factor: Double
    }
    private static let suffixes: [Suffix] = [
        Suffix(text: "KiB/s", quantity: .bytesPerSecond, factor: 1_024),
        Suffix(text: "MiB/s", quantity: .bytesPerSecond, factor: 1_048_576),
        Suffix(text: "GiB/s", quantity: .bytesPerSecond, factor: 1_073_741_824),
        Suffix(text: "KiB", quantity: .bytes, factor: 1_024),
        Suffix(text: "MiB", quantity: .bytes, factor: 1_048_576),
        Suffix(text: "GiB", quantity: .bytes, factor: 1_073_741_824),
        Suffix(text: "/s", quantity: .perSecond, factor: 1),
        Suffix(text: "%", quantity: .share, factor: 0.01),
        Suffix(text: "ns", quantity: .time, factor: 1e-6),
        Suffix(text: "us", quantity: .time, factor: 1e-3),
        Suffix(text: "ms", quantity: .time, factor: 1),
        Suffix(text: "s", quantity: .time, factor: 1e3),
    ]

    /// - Parameter bare: what a number without a unit is where the quantity is `any`.
    init?(_ text: String, _ quantity: Quantity, bare: Criterion.Unit = .plain) {
        let suffix = Self.suffixes.first { text.hasSuffix($0.text) }
        let digits = text.dropLast(suffix?.text.count ?? 0)
        guard let number = NodeReader.decimal(String(digits)) else { return nil }
        if let suffix {
            guard Self.fits(suffix.quantity, quantity) else { return nil }
            // Divided where that is exact: 0.01 % is 0.0001, not 0.00010000000000000002.
            value = suffix.factor == 0.01 ? number / 100 : number * suffix.factor
            unit = Self.unit(suffix.quantity)
        } else {
            value = number
            unit = quantity == .any ? bare : Self.unit(quantity)
        }
        guard value.isFinite else { return nil }
    }

    private static func fits(_ written: Quantity, _ wanted: Quantity) -> Bool {
        switch wanted {
        case .any: true
        case .bytesPerSecond: written == .bytesPerSecond || written == .perSecond
        default: written == wanted
        }
    }

    private static func unit(_ quantity: Quantity) -> Criterion.Unit {
        switch quantity {
        case .time: .milliseconds
        case .share: .ratio
        case .bytes: .bytes
        case .perSecond, .bytesPerSecond: .perSecond
        case .plain, .any: .plain
        }
    }
}

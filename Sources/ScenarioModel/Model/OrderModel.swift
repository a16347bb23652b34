// Parameters of the order-flow model (scenarios.md section 3). Drawing commands is LoadGen's.

/// What kinds of command there are, in the order of a profile's mix.
package enum OrderKind: String, Sendable, CaseIterable {
    case limit, maker, ioc, fok, market, cancel, replace, query
    case retry, stale, bad
}

/// The parameters of an `order` step, defaults of the profile filled in.
package struct OrderModel: Sendable, Equatable {
    package enum Profile: String, Sendable, CaseIterable {
        case steady, hft, burst, hot, deep, avalanche, retry, poison
    }
    package struct MixEntry: Sendable, Equatable {
        package var kind: OrderKind
        package var weight: UInt64
        package init(kind: OrderKind, weight: UInt64) {
            self.kind = kind
            self.weight = weight
        }
    }
    package var profile: Profile
    /// Symbol names, rank 1 first.
    package var symbols: [String]
    package var symbolSkew = 1.0
    package var accounts = 10_000
    package var accountSkew = 0.9
    package var mix: [MixEntry]
    package var offsetAlpha = 1.5
    package var offsetCap = 200
    package var lotsAlpha = 2.0
    package var lotsCap = 1_000
    package var aggressive = 0.1
    /// In ticks.
    package var mid: Int64 = 10_000
    package var tick = "0.01"
    package var lot = "0.001"
    package var lanes = 64
    package var minAge: UInt64 = 8
    /// Open orders a lane may believe in.
    package var maxOpen = 256
    /// hot: how much of the flow goes to symbol 1.
    package var hotShare = 0.8
    /// deep: passive limit orders before anything else, over all lanes.
    package var depth = 20_000
    /// avalanche: resting orders of one level of the pile.
    package var makers = 5_000

    package init(profile: Profile, symbols: [String], mix: [MixEntry]) {
        self.profile = profile
        self.symbols = symbols
        self.mix = mix
    }
}

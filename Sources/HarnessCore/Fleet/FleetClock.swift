// How the monotonic clock of this process relates to the clock of the Redis server, on which a
// fleet agrees (fleet.md section 4). Redis time in us since the Unix epoch, everything else on
// CLOCK_MONOTONIC. Values; nobody here reads a clock.
//
//     t0 --- TIME = T --- t1        offset = T - (t0 + t1)/2        error = (t1 - t0)/2

/// One exchange of `TIME`.
package struct ClockSample: Sendable, Equatable {
    package var sentAt: Instant
    package var receivedAt: Instant
    /// What the server answered, us.
    package var serverUs: Int64

    package init(sentAt: Instant, receivedAt: Instant, serverUs: Int64) {
        precondition(sentAt <= receivedAt, "a reply cannot come before its request")
        self.sentAt = sentAt
        self.receivedAt = receivedAt
        self.serverUs = serverUs
    }

    package var roundTrip: TimeSpan { receivedAt - sentAt }
    package var rttUs: Int64 { roundTrip.ns / 1_000 }
    package var mapping: ClockMapping {
        ClockMapping(
            offsetNs: serverUs * 1_000 - (sentAt.ns + roundTrip.ns / 2),
            errorNs: (roundTrip.ns + 1) / 2)
    }
}

/// Redis time = monotonic time + offset, to within the error.
package struct ClockMapping: Sendable, Equatable {
    package var offsetNs: Int64
    package var errorNs: Int64

    package init(offsetNs: Int64, errorNs: Int64) {
        self.offsetNs = offsetNs
        self.errorNs = errorNs
    }

    package var offsetUs: Int64 { offsetNs / 1_000 }
    /// Rounded up: a bound may not shrink by rounding.
    package var errorUs: Int64 { (errorNs + 999) / 1_000 }

    package func instant(serverUs: Int64) -> Instant { Instant(ns: serverUs * 1_000 - offsetNs) }
    package func serverUs(at instant: Instant) -> Int64 { (instant.ns + offsetNs) / 1_000 }
}

/// The samples of the last minute; the least round trip counts.
package struct ClockSamples: Sendable, Equatable {
    private static let span = TimeSpan.seconds(60)
    private var samples: [ClockSample] = []

    package init() {}

    package mutating func add(_ sample: ClockSample) {
        samples.removeAll { sample.receivedAt - $0.receivedAt > Self.span }
        samples.append(sample)
    }

    /// Another server's clock: what we knew is void.
    package mutating func clear() { samples.removeAll() }

    package var best: ClockSample? {
        samples.min { ($0.roundTrip, $1.receivedAt.ns) < ($1.roundTrip, $0.receivedAt.ns) }
    }
}

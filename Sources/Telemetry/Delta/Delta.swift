// A delta: what one agent measured in a span of windows (usually one second). Values only; the
// byte format is `DeltaCodec`'s (fleet.md section 3).

import HarnessCore

/// What an agent publishes for a window.
package struct Delta: Sendable, Equatable {
    package struct Flags: OptionSet, Sendable, Hashable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }
        /// Closes the epoch: nothing in flight, every series with its cumulative count.
        package static let final = Flags(rawValue: 1)
        /// The body is deflated; set and cleared by the codec alone.
        package static let deflated = Flags(rawValue: 2)
        /// Several windows joined because the spool was long.
        package static let coalesced = Flags(rawValue: 4)
        package static let relay = Flags(rawValue: 8)
    }
    package var flags: Flags = []
    /// First 8 bytes of SHA-256(run id), as read in order.
    package var runTag: [UInt8]
    package var slot: UInt32
    package var epoch: UInt64
    /// From 1, without gap.
    package var seq: UInt64
    package var fromWindow: UInt32
    /// Exclusive.
    package var toWindow: UInt32
    package var planRev: UInt32
    /// When it was cut, in us of run time.
    package var cutAtUs: Int64
    /// Cumulative since the epoch began.
    package var counters: RunCounters
    package var series: [SeriesDelta]

    package init(
        flags: Flags = [], runTag: [UInt8], slot: UInt32, epoch: UInt64, seq: UInt64,
        fromWindow: UInt32, toWindow: UInt32, planRev: UInt32, cutAtUs: Int64,
        counters: RunCounters, series: [SeriesDelta]
    ) {
        self.flags = flags
        self.runTag = runTag
        self.slot = slot
        self.epoch = epoch
        self.seq = seq
        self.fromWindow = fromWindow
        self.toWindow = toWindow
        self.planRev = planRev
        self.cutAtUs = cutAtUs
        self.counters = counters
        self.series = series
    }

    /// The run tag of a run id.
    package static func runTag(of runID: String) -> [UInt8] {
        Array(Sha256.digest(Array(runID.utf8)).prefix(8))
    }
}

/// The 14 counters every delta and heartbeat carries, cumulative per epoch, in wire order.
package struct RunCounters: Sendable, Equatable {
    /// Arrivals the schedule called for (closed model: iterations started).
    package var scheduled: UInt64 = 0
    package var started: UInt64 = 0
    package var completed: UInt64 = 0
    package var interrupted: UInt64 = 0
    package var dropped: UInt64 = 0
    package var missed: UInt64 = 0
    package var transfersStarted: UInt64 = 0
    package var transfersEnded: UInt64 = 0
    package var transfersFailed: UInt64 = 0
    package var bytesSent: UInt64 = 0
    package var bytesReceived: UInt64 = 0
    package var vuRestarts: UInt64 = 0
    /// Samples beyond the histogram's range.
    package var overflow: UInt64 = 0
    /// Samples in all histograms.
    package var samples: UInt64 = 0

    package static let count = 14
    package static let names = [
        "scheduled", "started", "completed", "interrupted", "dropped", "missed",
        "transfersStarted", "transfersEnded", "transfersFailed", "bytesSent", "bytesReceived",
        "vuRestarts", "overflow", "samples",
    ]

    package init() {}

    /// In wire order.
    package var values: [UInt64] {
        [
            scheduled, started, completed, interrupted, dropped, missed, transfersStarted,
            transfersEnded, transfersFailed, bytesSent, bytesReceived, vuRestarts, overflow,
            samples,
        ]
    }

    /// - Precondition: 14 values.
    package init(values v: [UInt64]) {
        precondition(v.count == Self.count, "a delta has 14 counters")
        scheduled = v[0]
        started = v[1]
        completed = v[2]
        interrupted = v[3]
        dropped = v[4]
        missed = v[5]
        transfersStarted = v[6]
        transfersEnded = v[7]
        transfersFailed = v[8]
        bytesSent = v[9]
        bytesReceived = v[10]
        vuRestarts = v[11]
        overflow = v[12]
        samples = v[13]
    }

    package static func + (a: Self, b: Self) -> Self {
        Self(values: zip(a.values, b.values).map { $0 &+ $1 })
    }
}

/// One series' part of a delta. `cum` fields are cumulative since the epoch began and are filled
/// by the publisher; a fresh cut has them at 0.
package struct SeriesDelta: Sendable, Equatable {
    package enum Value: Sendable, Equatable {
        case counter(delta: UInt64, cum: UInt64)
        case gauge(GaugeDelta)
        case histogram(HistogramDelta)
    }
    package var key: SeriesKey
    package var value: Value

    package init(key: SeriesKey, value: Value) {
        self.key = key
        self.value = value
    }
}

package struct GaugeDelta: Sendable, Equatable {
    package var n: UInt64
    package var last: Int64
    package var min: Int64
    package var max: Int64
    package var sum: Int64
    package init(n: UInt64, last: Int64, min: Int64, max: Int64, sum: Int64) {
        self.n = n
        self.last = last
        self.min = min
        self.max = max
        self.sum = sum
    }
}

/// A sparse histogram of layout 1 with its exact companions. Times in ns.
package struct HistogramDelta: Sendable, Equatable {
    package struct Bucket: Sendable, Equatable {
        package var index: UInt32
        /// At least 1.
        package var count: UInt64
        package init(index: UInt32, count: UInt64) {
            self.index = index
            self.count = count
        }
    }
    /// Samples of this delta.
    package var count: UInt64
    /// Samples since the epoch began.
    package var cum: UInt64
    /// 0 if there are none.
    package var min: UInt64
    package var max: UInt64
    package var sum: UInt64
    /// Samples over each latency limit of the metric, in document order (at most 8).
    package var over: [UInt64]
    /// Ascending by index.
    package var buckets: [Bucket]

    package init(
        count: UInt64, cum: UInt64, min: UInt64, max: UInt64, sum: UInt64, over: [UInt64],
        buckets: [Bucket]
    ) {
        self.count = count
        self.cum = cum
        self.min = min
        self.max = max
        self.sum = sum
        self.over = over
        self.buckets = buckets
    }
}

// What one agent's windows say about the generator itself: which of them are suspect or tainted,
// and the worst of each signal. Constant memory, whatever the length of the run.

/// One signal over the measured windows of an agent.
package struct SignalTally: Sendable, Equatable {
    package var suspectWindows = 0
    package var taintedWindows = 0
    /// ns, or ppm for `threadCpu`.
    package var worst = 0.0
}

/// Readings of one agent in one delta; nil: not measured.
struct HealthReading {
    var lagP99Ns: Double?
    var lagMaxNs: Double?
    var turnNs: Double?
    var threadCpuPpm: Double?

    subscript(signal: HealthSignal) -> Double? {
        switch signal {
        case .lag: lagP99Ns
        case .lagMax: lagMaxNs
        case .turn: turnNs
        case .threadCpu: threadCpuPpm
        }
    }
}

/// Deltas come in order of their seq; the taint of a long turn reaches into the next window.
package struct AgentHealth: Sendable, Equatable {
    /// Of the measured part, coalesced ones with their real number.
    package private(set) var windows = 0
    package private(set) var taintedWindows = 0
    package private(set) var signals: [HealthSignal: SignalTally] = [:]
    /// Sum and number of the `threadCpu` readings, ppm.
    package private(set) var cpuSumPpm = 0.0
    package private(set) var cpuReadings = 0
    /// Deltas in a row with `threadCpu` over its second bound.
    private var busyInARow = 0
    /// The window after a long turn is tainted too.
    private var taintsNextOf: UInt32?

    /// Mean share of a core, 0...1; nil if it was never measured.
    package var meanThreadCpu: Double? {
        cpuReadings == 0 ? nil : cpuSumPpm / Double(cpuReadings) / 1e6
    }

    /// Judges a delta of `width` windows whose last is `window`; true if its samples are tainted.
    mutating func judge(
        _ reading: HealthReading, window: UInt32, width: Int, bounds: HealthBounds,
        isClosedModel: Bool
    ) -> Bool {
        windows += width
        noteCpu(reading, bound: bounds.threadCpu)
        let isDelayed = [HealthSignal.lag, .lagMax, .turn].contains { signal in
            (reading[signal] ?? 0) > bounds[signal].suspect
        }
        var isTainted = taintsNextOf.map { window <= $0 + 1 } ?? false
        for signal in HealthSignal.allCases {
            guard let value = reading[signal] else { continue }
            let bound = bounds[signal]
            var taints = value > bound.invalidating
            if signal == .threadCpu {
                taints = busyInARow >= HealthBounds.busyWindows && (isDelayed || isClosedModel)
            }
            var tally = signals[signal] ?? SignalTally()
            tally.worst = max(tally.worst, value)
            if value > bound.suspect { tally.suspectWindows += width }
            if taints {
                // A gap of 3 s lies over the windows before this one as well.
                tally.taintedWindows += max(width, signal == .turn ? 1 + Int(value / 1e9) : 1)
                isTainted = true
            }
            signals[signal] = tally
        }
        if (reading.turnNs ?? 0) > bounds.turn.invalidating { taintsNextOf = window }
        if isTainted { taintedWindows += width }
        return isTainted
    }

    private mutating func noteCpu(_ reading: HealthReading, bound: HealthBound) {
        guard let ppm = reading.threadCpuPpm else { return }
        cpuSumPpm += ppm
        cpuReadings += 1
        busyInARow = ppm > bound.invalidating ? busyInARow + 1 : 0
    }
}

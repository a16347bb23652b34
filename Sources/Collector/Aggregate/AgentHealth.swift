// What one agent's windows say about the generator itself: which of them are suspect or tainted,
// and the worst of each signal. Constant memory, whatever the length of the run.

/// One signal over the measured windows of an agent.
package struct SignalTally: Sendable, Equatable {
    package var suspectWindows = 0
    package var taintedWindows = 0
    /// ns, a share 0...1 or a count, by the signal's unit.
    package var worst = 0.0
    package var sum = 0.0
    /// Deltas that had it.
    package var readings = 0
    /// Whether each of the last deltas was over the second bound, the newest in the lowest bit.
    fileprivate var history: UInt8 = 0

    package var mean: Double { readings == 0 ? 0 : sum / Double(readings) }

    /// In `of` deltas in a row, `windows` were over the second bound, the newest among them.
    fileprivate func persists(_ rule: (windows: Int, of: Int)) -> Bool {
        let recent = history & (UInt8(1) << UInt8(rule.of) - 1)
        return recent & 1 == 1 && recent.nonzeroBitCount >= rule.windows
    }
}

/// Readings of one agent in one delta; what is not there was not measured. Units as in the bounds.
struct HealthReading {
    private(set) var values: [HealthSignal: Double] = [:]

    subscript(signal: HealthSignal) -> Double? {
        get { values[signal] }
        set { values[signal] = newValue }
    }

    /// The gauge `health_<key>` of a delta; the worse of two counts.
    mutating func note(gauge metric: String, max value: Int64) {
        guard metric.hasPrefix("health_"),
            let signal = HealthSignal(rawValue: String(metric.dropFirst("health_".count)))
        else { return }
        let reading = signal.unit == .share ? Double(value) / 1e6 : Double(value)
        values[signal] = max(values[signal] ?? 0, reading)
    }
}

/// Deltas come in order of their seq; the taint of a long turn reaches into the next window.
package struct AgentHealth: Sendable, Equatable {
    /// Of the measured part, coalesced ones with their real number.
    package private(set) var windows = 0
    package private(set) var taintedWindows = 0
    package private(set) var signals: [HealthSignal: SignalTally] = [:]
    /// The window after a long turn is tainted too.
    private var taintsNextOf: UInt32?

    /// Mean share of a core of the busiest worker, 0...1; nil if it was never measured.
    package var meanThreadCpu: Double? { signals[.threadCpu]?.mean }
    /// Mean share of the time in which the worst worker was ready and did not run.
    package var meanRunQueue: Double? { signals[.runQueue]?.mean }
    /// Mean share of the machine that its host kept for others.
    package var meanSteal: Double? { signals[.steal]?.mean }
    package var longestTurnNs: Double? { signals[.turn]?.worst }

    /// Judges a delta of `width` windows whose last is `window`; true if its samples are tainted.
    mutating func judge(
        _ reading: HealthReading, window: UInt32, width: Int, bounds: HealthBounds,
        isClosedModel: Bool
    ) -> Bool {
        windows += width
        let isDelayed = [HealthSignal.lag, .lagMax, .turn].contains { signal in
            (reading[signal] ?? 0) > bounds[signal].suspect
        }
        var isTainted = taintsNextOf.map { window <= $0 + 1 } ?? false
        for (signal, value) in reading.values {
            let bound = bounds[signal]
            var tally = signals[signal] ?? SignalTally()
            tally.note(value, isOver: value > bound.invalidating)
            let isProven = !signal.needsProof || isDelayed || isClosedModel
            if isProven, value > bound.suspect { tally.suspectWindows += width }
            if isProven, tally.persists(signal.persistence) {
                // A gap of 3 s lies over the windows before this one as well.
                tally.taintedWindows += max(width, signal == .turn ? 1 + Int(value / 1e9) : 1)
                isTainted = true
            }
            signals[signal] = tally
        }
        if (reading[.turn] ?? 0) > bounds.turn.invalidating { taintsNextOf = window }
        if isTainted { taintedWindows += width }
        return isTainted
    }
}

extension SignalTally {
    fileprivate mutating func note(_ value: Double, isOver: Bool) {
        worst = max(worst, value)
        sum += value
        readings += 1
        history = history << 1 | (isOver ? 1 : 0)
    }
}

extension AgentHealth {
    /// How a signal stands over the windows so far (measurement.md section 4).
    func state(of signal: HealthSignal) -> HealthState {
        guard let tally = signals[signal] else { return .ok }
        let allowed = HealthBounds.share * Double(windows)
        if Double(tally.taintedWindows) > allowed { return .invalidating }
        let isSuspect = tally.taintedWindows > 0 || Double(tally.suspectWindows) > allowed
        return isSuspect ? .suspect : .ok
    }
}

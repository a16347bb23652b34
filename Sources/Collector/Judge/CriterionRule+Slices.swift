// Criteria over slices of time (OpenSLO's time slices): each is judged by the point rule, and a
// share of them may miss. And what reports show of a run's worst part.

import HarnessCore
import ScenarioModel
import Telemetry

extension CriterionRule {
    /// Cells of one slice, and where it begins.
    struct Slice {
        var from: TimeSpan
        var cells: [JudgedCell] = []
        var isMissed = false
    }

    /// Complete slices that have samples, judged; what is left at the end joins the last.
    func slices(_ length: TimeSpan) -> [Slice] {
        let scheduled = min(data.span.to, data.span.scheduleEnd)
        let count = max(0, Int((scheduled - data.span.from).ns / max(1, length.ns)))
        guard count > 0 else { return [] }
        var slices = (0..<count).map { Slice(from: data.span.from + length * Int64($0)) }
        for cell in data.cells {
            let offset = max(0, (cell.from - data.span.from).ns)
            slices[min(count - 1, Int(offset / length.ns))].cells.append(cell)
        }
        return slices.compactMap { slice in
            guard !slice.cells.isEmpty, let holds = pointHolds(slice.cells) else { return nil }
            var slice = slice
            slice.isMissed = !holds
            return slice
        }
    }

    func sliced(_ length: TimeSpan, allow: Double) -> RuleOutcome {
        let slices = slices(length)
        guard !slices.isEmpty else {
            return .inconclusive(
                "the run is shorter than a slice", needs: "\(ReportText.span(length)) measured")
        }
        let missed = slices.count { $0.isMissed }
        guard Double(missed) > allow * Double(slices.count) else { return .pass }
        return RuleOutcome(
            verdict: .fail,
            reason: "\(missed) of \(slices.count) slices of \(length.goText) miss the limit,"
                + " \(ReportText.trimmed(allow * 100)) % may")
    }

    /// The slice or batch with the worst value; nil for counts, single values and few windows.
    func worstSlice(_ evidence: Evidence?) -> CriterionRow.Slice? {
        if criterion.percentile != nil { return worstPercentile() }
        // Of a trend's extremes there are no slices.
        if criterion.isMaximum != nil, kind == .trend { return nil }
        let parts: [Slice]
        if case .slices(let length, _) = criterion.window {
            parts = slices(length)
        } else if let evidence, !evidence.plan.isTooShort {
            parts = evidence.plan.ranges.map { range in
                Slice(from: data.cells[range.lowerBound].from, cells: Array(data.cells[range]))
            }
        } else {
            return nil
        }
        return worst(
            parts.compactMap { part in
                pointValue(part.cells).map { CriterionRow.Slice(from: part.from, value: $0) }
            })
    }

    private func worstPercentile() -> CriterionRow.Slice? {
        guard let p = criterion.percentile else { return nil }
        return worst(
            data.slices.compactMap { slice in
                slice.histogram.percentile(p).map {
                    CriterionRow.Slice(from: slice.from, value: Double($0) / 1e6)
                }
            })
    }

    private func worst(_ slices: [CriterionRow.Slice]) -> CriterionRow.Slice? {
        let middle = (criterion.lower + criterion.upper) / 2
        switch criterion.comparison {
        case .less, .lessOrEqual: return slices.max { $0.value < $1.value }
        case .greater, .greaterOrEqual: return slices.min { $0.value < $1.value }
        case .within: return slices.max { abs($0.value - middle) < abs($1.value - middle) }
        case .equal, .notEqual: return nil
        }
    }

    /// How much of what the limit grants was used, in all and in the worst minute.
    func budget() -> CriterionRow.Budget? {
        guard isShare, let bound = shareBounds.first, criterion.sides.count == 1,
            bound.allowed > 0, samples > 0
        else { return nil }
        let all = data.cells.reduce(0) { $0 + bound.bad($1) } / samples
        return CriterionRow.Budget(
            consumed: all / bound.allowed, burnRate: worstMinute(bound) / bound.allowed)
    }

    /// The largest share of bad samples in any 60 s of cells; of a shorter run, in all of it.
    private func worstMinute(_ bound: ShareBound) -> Double {
        var (bad, n, seconds, worst) = (0.0, 0.0, 0.0, 0.0)
        var first = 0
        var isFull = false
        for (i, cell) in data.cells.enumerated() {
            bad += bound.bad(cell)
            n += cell.samples
            seconds += cell.seconds
            while seconds - data.cells[first].seconds >= 60, first < i {
                bad -= bound.bad(data.cells[first])
                n -= data.cells[first].samples
                seconds -= data.cells[first].seconds
                first += 1
            }
            isFull = isFull || seconds >= 60
            if n > 0, isFull { worst = max(worst, bad / n) }
        }
        return isFull ? worst : data.cells.reduce(0) { $0 + bound.bad($1) } / samples
    }
}

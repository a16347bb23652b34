// `plan --starts` and `plan --steps`: what one segment does, line after line on stdout. Nothing is
// kept, so a hundred million arrivals take no more memory than ten.

import HarnessCore
import ScenarioModel

struct PlanListing {
    let scenario: Scenario
    let place: SegmentPlace
    /// Lines at most.
    let limit: UInt64

    /// `number TAB offset_ns`, ascending.
    func starts(of name: String?) throws {
        let workload = try workload(name, kind: "arrivals, for --starts", \.isOpenModel)
        let numbering = workload.executor.numbering(place.striping)
        let share = SegmentShare(numbering, segment: place.segment)
        guard !share.isEmpty,
            var arrivals = Arrivals(
                workload.executor, seed: scenario.seed, scenario: workload.name)
        else { return }
        var lines = NumberLines()
        var ordinal: UInt64 = 0
        while ordinal < limit, let number = share.number(ordinal),
            let offset = arrivals.offset(of: number)
        {
            guard lines.append(number, UInt64(offset.ns)) else { return }
            ordinal += 1
        }
        lines.flush()
    }

    /// `offset_ns TAB vus`, ascending.
    func steps(of name: String?, reserved: Bool) throws {
        let workload = try workload(name, kind: "VU steps, for --steps") {
            if case .rampingVUs = $0 { true } else { false }
        }
        guard case .rampingVUs(let ramp) = workload.executor else { return }
        if reserved {
            write(ramp.reservedSteps(gracefulStop: workload.gracefulStop))
        } else {
            write(ramp.rawSteps)
        }
    }

    private func write(_ steps: some Sequence<VUStep>) {
        let share = SegmentShare(place.striping, segment: place.segment)
        var lines = NumberLines()
        var written: UInt64 = 0
        for step in steps.owned(by: share) {
            guard written < limit else { break }
            guard lines.append(UInt64(step.offset.ns), UInt64(step.vus)) else { return }
            written += 1
        }
        lines.flush()
    }

    /// The workload of that name, or the only one; of a kind that has what is asked for.
    private func workload(
        _ name: String?, kind: String, _ fits: (Executor) -> Bool
    ) throws -> Workload {
        let all = scenario.workloads.map { "\($0.name) (\($0.executor.name))" }
        let known = all.joined(separator: ", ")
        guard name != nil || all.count == 1 else {
            throw CommandFailure(.usage, "which scenario? --scenario takes one of: \(known)")
        }
        guard let found = scenario.workloads.first(where: { name == nil || $0.name == name }) else {
            throw CommandFailure(
                .usage, "no scenario \"\(name ?? "")\"; the document has \(known)")
        }
        guard fits(found.executor) else {
            throw CommandFailure(
                .usage,
                "\(found.name) (\(found.executor.name)) has no \(kind); "
                    + "the document has \(known)")
        }
        return found
    }
}

// One scenario's executor and its options, with k6's words for what is wrong (scenarios.md 4).

import HarnessCore

struct ExecutorDecoder {
    let map: MapReader
    /// Where the scenario's name stands; nil for the document's shortcuts.
    let name: SourcePosition?

    private static let later: [String: [String]] = [
        "shared-iterations": ["vus", "iterations", "maxDuration"],
        "per-vu-iterations": ["vus", "iterations", "maxDuration"],
        "ramping-vus": ["startVUs", "stages", "gracefulRampDown"],
        "ramping-arrival-rate": [
            "startRate", "stages", "timeUnit", "preAllocatedVUs", "maxVUs", "maxWait", "poisson",
            "hawkes",
        ],
        "externally-controlled": ["vus", "maxVUs", "duration"],
        "replay": [
            "file", "column", "unit", "speed", "from", "preAllocatedVUs", "maxVUs", "maxWait",
        ],
    ]

    /// Ends the map: keys of other executors are unknown ones.
    func executor(_ maxWait: inout TimeSpan?) -> Executor? {
        let what = map.path
        guard let node = map.take("executor"), let type = map.read.text(node, map.path("executor"))
        else {
            if map.take("executor") == nil {
                error("doesn't have a specified executor type", at: name ?? map.place)
            }
            return nil
        }
        let result: Executor?
        switch type {
        case "constant-arrival-rate":
            map.refuse("poisson", "hawkes")
            maxWait = map.duration("maxWait")
            result = constantArrivalRate()
        case "constant-vus": result = constantVUs()
        default:
            if let keys = Self.later[type] {
                map.problems.unsupported("\(what): executor \(type)", at: node.place)
                for key in keys { _ = map.take(key) }
            } else {
                let known = Array(Self.later.keys) + ["constant-arrival-rate", "constant-vus"]
                map.problems.error(
                    "\(what): unknown executor type '\(type.prefix(64))'"
                        + NearestName.hint(type, in: known), at: node.place)
                // Without an executor no other key can be judged.
                return nil
            }
            result = nil
        }
        map.finish()
        return result
    }

    func constantVUs() -> Executor? {
        let vus = count("vus", "number of VUs", least: 1) ?? 1
        guard let duration = duration() else { return nil }
        return .constantVUs(ConstantVUs(vus: vus, duration: duration))
    }

    private func constantArrivalRate() -> Executor? {
        let timeUnit = map.duration("timeUnit", negative: "timeUnit must be more than 0")
        if timeUnit == .zero {
            error("timeUnit must be more than 0", at: map.place(of: "timeUnit"))
        }
        let rate = rate(per: timeUnit ?? .seconds(1))
        let duration = duration()
        let preAllocated = preAllocatedVUs()
        let most = maxVUs(preAllocated)
        guard let rate, let duration, let preAllocated, let most else { return nil }
        var executor = ConstantArrivalRate(
            rate: rate, duration: duration, preAllocatedVUs: preAllocated, maxVUs: most)
        executor.timeUnit = timeUnit ?? .seconds(1)
        return .constantArrivalRate(executor)
    }

    private func rate(per timeUnit: TimeSpan) -> Double? {
        guard let node = map.take("rate") else {
            error("iteration rate isn't specified", at: name ?? map.place)
            return nil
        }
        guard let rate = map.read.integer(node, map.path("rate")) else { return nil }
        guard rate > 0 else {
            error("iteration rate must be more than 0", at: node.place)
            return nil
        }
        guard timeUnit > .zero else { return nil }
        let perSecond = Double(rate) / timeUnit.seconds
        guard perSecond <= Double(Limits.arrivalsPerSecond), timeUnit.ns / rate >= 1 else {
            error(
                "iteration rate must be at most \(Limits.arrivalsPerSecond) a second",
                at: node.place)
            return nil
        }
        return Double(rate)
    }

    private func preAllocatedVUs() -> Int? {
        guard let node = map.take("preAllocatedVUs") else {
            error("number of preAllocatedVUs isn't specified", at: name ?? map.place)
            return nil
        }
        return count(node, "preAllocatedVUs", "number of preAllocatedVUs", least: 0)
    }

    private func maxVUs(_ preAllocated: Int?) -> Int? {
        guard let node = map.take("maxVUs") else {
            guard preAllocated != 0 else {
                error("number of maxVUs must be more than 0", at: name ?? map.place)
                return nil
            }
            return preAllocated
        }
        guard let most = count(node, "maxVUs", "number of maxVUs", least: 1) else { return nil }
        if let preAllocated, most < preAllocated {
            error("maxVUs can't be less than preAllocatedVUs", at: node.place)
            return nil
        }
        return most
    }

    private func duration() -> TimeSpan? {
        guard map.take("duration") != nil else {
            error("the duration is unspecified", at: name ?? map.place)
            return nil
        }
        guard let duration = map.duration("duration", negative: "the duration can't be negative")
        else { return nil }
        guard duration >= .seconds(1) else {
            error(
                "the duration must be at least 1s, but is \(duration.goText)",
                at: map.place(of: "duration"))
            return nil
        }
        return duration
    }

    private func count(_ key: String, _ words: String, least: Int64) -> Int? {
        map.take(key).flatMap { count($0, key, words, least: least) }
    }

    private func count(_ node: YAMLNode, _ key: String, _ words: String, least: Int64) -> Int? {
        guard let value = map.read.integer(node, map.path(key)) else { return nil }
        guard value >= least else {
            error(
                least == 0 ? "\(words) can't be negative" : "\(words) must be more than 0",
                at: node.place)
            return nil
        }
        guard value <= Int64(Limits.vus) else {
            error("\(words) must be at most \(Limits.vus)", at: node.place)
            return nil
        }
        return Int(value)
    }

    private func error(_ message: String, at place: SourcePosition) {
        map.problems.error(map.path.isEmpty ? message : "\(map.path): \(message)", at: place)
    }
}

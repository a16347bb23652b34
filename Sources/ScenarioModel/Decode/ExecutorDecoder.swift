// One scenario's executor and its options, with k6's words for what is wrong (scenarios.md 4). The
// kinds are in `+VUs`, `+Arrivals`, `+Replay`; here is what they share.

import HarnessCore

/// An executor with what else its keys say of the scenario.
struct DecodedExecutor {
    var executor: Executor?
    var maxWait: TimeSpan?
    /// `hawkes` is written, be it `false`: the order flow's profile no longer decides.
    var hawkesIsWritten = false
    /// Where the most VUs it may have are written.
    var vusPlace: SourcePosition?
}

struct ExecutorDecoder {
    let map: MapReader
    /// Where the scenario's name stands; nil for the document's shortcuts.
    let name: SourcePosition?
    let files: ScenarioFiles

    static let types = [
        "shared-iterations", "per-vu-iterations", "constant-vus", "ramping-vus",
        "constant-arrival-rate", "ramping-arrival-rate", "externally-controlled", "replay",
    ]

    /// Ends the map: keys of other executors are unknown ones.
    func decode() -> DecodedExecutor {
        var decoded = DecodedExecutor()
        guard let node = map.take("executor"), let type = map.read.text(node, map.path("executor"))
        else {
            if map.take("executor") == nil {
                error("doesn't have a specified executor type", at: name ?? map.place)
            }
            return decoded
        }
        switch type {
        case "shared-iterations": decoded.executor = sharedIterations()
        case "per-vu-iterations": decoded.executor = perVUIterations()
        case "constant-vus": decoded.executor = constantVUs()
        case "ramping-vus": decoded.executor = rampingVUs()
        case "externally-controlled": decoded.executor = externallyControlled()
        case "constant-arrival-rate", "ramping-arrival-rate", "replay":
            decoded.maxWait = map.duration("maxWait")
            decoded.hawkesIsWritten = type != "replay" && map.take("hawkes") != nil
            switch type {
            case "constant-arrival-rate": decoded.executor = constantArrivalRate()
            case "ramping-arrival-rate": decoded.executor = rampingArrivalRate()
            default: decoded.executor = replay()
            }
        default:
            map.problems.error(
                "\(map.path): unknown executor type '\(type.prefix(64))'"
                    + NearestName.hint(type, in: Self.types), at: node.place)
            // Without an executor no other key can be judged.
            return decoded
        }
        decoded.vusPlace =
            ["maxVUs", "vus", "preAllocatedVUs", "stages"].lazy
            .compactMap { map.has($0) ? map.place(of: $0) : nil }.first
        map.finish()
        return decoded
    }

    func duration(_ key: String = "duration", words: String = "the duration") -> TimeSpan? {
        guard let duration = map.duration(key, negative: "\(words) can't be negative") else {
            return nil
        }
        guard duration >= .seconds(1) else {
            error(
                "\(words) must be at least 1s, but is \(duration.goText)", at: map.place(of: key))
            return nil
        }
        return duration
    }

    /// Told where it is missing.
    func requiredDuration() -> TimeSpan? {
        guard map.take("duration") != nil else {
            error("the duration is unspecified", at: name ?? map.place)
            return nil
        }
        return duration()
    }

    func count(_ key: String, _ words: String, least: Int64) -> Int? {
        map.take(key).flatMap { count($0, key, words, least: least) }
    }

    func count(_ node: YAMLNode, _ key: String, _ words: String, least: Int64) -> Int? {
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

    /// Levels of a ramp, VUs or rates: k6 numbers its stages from 1.
    /// - Parameter targetMax: of a target, with the words for more.
    func stages(targetMax: Int64, tooMuch: String) -> [Stage]? {
        let path = map.path("stages")
        let written = map.take("stages")
        guard let items = written.map({ map.read.items($0, path) }) ?? [] else { return nil }
        guard !items.isEmpty else {
            error("at least one stage has to be specified", at: written?.place ?? name ?? map.place)
            return nil
        }
        guard items.count <= Limits.stages else {
            error("more than \(Limits.stages) stages", at: written?.place ?? map.place)
            return nil
        }
        let stages = items.enumerated().map { position, item in
            stage(item, "\(path)[\(position)]", number: position + 1, targetMax, tooMuch)
        }
        let whole = stages.compactMap { $0 }
        guard whole.count == items.count else { return nil }
        var total: Int64 = 0
        for stage in whole { total += stage.duration.ns }
        guard total <= Limits.durationNs else {
            error("the stages together are longer than 366 days", at: map.place(of: "stages"))
            return nil
        }
        return whole
    }

    private func stage(
        _ node: YAMLNode, _ path: String, number: Int, _ targetMax: Int64, _ tooMuch: String
    ) -> Stage? {
        guard let item = MapReader(node, path: path, problems: map.problems) else { return nil }
        defer { item.finish() }
        var duration: TimeSpan?
        if item.take("duration") == nil {
            error("stage \(number) doesn't have a duration", at: node.place)
        } else {
            duration = item.duration(
                "duration", negative: "the duration for stage \(number) can't be negative")
        }
        guard let written = item.take("target") else {
            error("stage \(number) doesn't have a target", at: node.place)
            return nil
        }
        guard let target = item.read.integer(written, item.path("target")) else { return nil }
        if target < 0 {
            error("the target for stage \(number) can't be negative", at: written.place)
        } else if target > Int64(Limits.stageTarget) {
            error(
                "target for stage \(number) exceeds max limit of \(Limits.stageTarget)",
                at: written.place)
        } else if target > targetMax {
            error("the target for stage \(number) \(tooMuch)", at: written.place)
        } else {
            return duration.map { Stage(duration: $0, target: Int(target)) }
        }
        return nil
    }

    func error(_ message: String, at place: SourcePosition) {
        map.problems.error(map.path.isEmpty ? message : "\(map.path): \(message)", at: place)
    }
}

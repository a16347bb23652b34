// Executors of the open model: iterations start when they are due, whatever came of earlier ones.

import HarnessCore

extension ExecutorDecoder {
    func constantArrivalRate() -> Executor? {
        let timeUnit = timeUnit()
        let rate = rate(per: timeUnit)
        let duration = requiredDuration()
        let preAllocated = preAllocatedVUs()
        let most = maxVUs(preAllocated)
        let poisson = map.boolean("poisson") ?? false
        let hawkes = hawkes(poisson: poisson)
        guard let timeUnit, let rate, let duration, let preAllocated, let most else { return nil }
        var executor = ConstantArrivalRate(
            rate: rate, duration: duration, preAllocatedVUs: preAllocated, maxVUs: most)
        executor.timeUnit = timeUnit
        executor.isPoisson = poisson
        executor.hawkes = hawkes
        return .constantArrivalRate(executor)
    }

    func rampingArrivalRate() -> Executor? {
        let timeUnit = timeUnit()
        let perUnit = Int64(
            min(
                Double(Limits.arrivalsPerSecond) * (timeUnit ?? .seconds(1)).seconds,
                Double(Limits.stageTarget)))
        let tooMuch = "must be at most \(Limits.arrivalsPerSecond) a second"
        var start: Int64? = 0
        if let node = map.take("startRate") {
            start = map.read.integer(node, map.path("startRate"))
            if let value = start, value < 0 {
                error("startRate value can't be negative", at: node.place)
                start = nil
            } else if let value = start, value > perUnit {
                error("startRate \(tooMuch)", at: node.place)
                start = nil
            }
        }
        let stages = stages(targetMax: perUnit, tooMuch: tooMuch)
        let preAllocated = preAllocatedVUs()
        let most = maxVUs(preAllocated)
        let poisson = map.boolean("poisson") ?? false
        if hawkes(poisson: poisson) != nil {
            error("hawkes: only with constant-arrival-rate", at: map.place(of: "hawkes"))
        }
        guard let timeUnit, let start, let stages, let preAllocated, let most else { return nil }
        var executor = RampingArrivalRate(
            stages: stages, preAllocatedVUs: preAllocated, maxVUs: most)
        executor.startRate = Int(start)
        executor.timeUnit = timeUnit
        executor.isPoisson = poisson
        return .rampingArrivalRate(executor)
    }

    /// A second where it is not given.
    private func timeUnit() -> TimeSpan? {
        guard map.take("timeUnit") != nil else { return .seconds(1) }
        let unit = map.duration("timeUnit", negative: "timeUnit must be more than 0")
        if unit == .zero {
            error("timeUnit must be more than 0", at: map.place(of: "timeUnit"))
            return nil
        }
        return unit
    }

    private func rate(per timeUnit: TimeSpan?) -> Double? {
        guard let node = map.take("rate") else {
            error("iteration rate isn't specified", at: name ?? map.place)
            return nil
        }
        guard let rate = map.read.integer(node, map.path("rate")) else { return nil }
        guard rate > 0 else {
            error("iteration rate must be more than 0", at: node.place)
            return nil
        }
        guard let timeUnit else { return nil }
        let perSecond = Double(rate) / timeUnit.seconds
        guard perSecond <= Double(Limits.arrivalsPerSecond), timeUnit.ns / rate >= 1 else {
            error(
                "iteration rate must be at most \(Limits.arrivalsPerSecond) a second",
                at: node.place)
            return nil
        }
        return Double(rate)
    }

    /// `true`, `false`, or a map of its parameters.
    private func hawkes(poisson: Bool) -> Hawkes? {
        guard let node = map.take("hawkes") else { return nil }
        var hawkes = Hawkes()
        if node.scalar != nil {
            guard map.boolean("hawkes") == true else { return nil }
        } else {
            guard
                let inner = MapReader(node, path: map.path("hawkes"), problems: map.problems)
            else { return nil }
            // At 1 each arrival brings another for ever.
            if let branching = inner.number("branching", in: 0...0.999) {
                hawkes.branching = branching
            }
            if let decay = inner.number("decay", in: 0.000_001...1_000_000) { hawkes.decay = decay }
            inner.finish()
        }
        if poisson {
            error("either poisson or hawkes", at: map.place(of: "hawkes"))
            return nil
        }
        return hawkes
    }

    func preAllocatedVUs() -> Int? {
        guard let node = map.take("preAllocatedVUs") else {
            error("number of preAllocatedVUs isn't specified", at: name ?? map.place)
            return nil
        }
        return count(node, "preAllocatedVUs", "number of preAllocatedVUs", least: 0)
    }

    func maxVUs(_ preAllocated: Int?) -> Int? {
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
}

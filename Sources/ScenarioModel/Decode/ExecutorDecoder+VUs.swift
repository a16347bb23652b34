// Executors of the closed model: VUs that start their next iteration when they are done with one.

import HarnessCore

extension ExecutorDecoder {
    /// - Parameter maxDuration: its key; the shortcut calls it `duration`.
    func sharedIterations(maxDuration key: String = "maxDuration") -> Executor? {
        var executor = SharedIterations()
        let vus = vus()
        let iterations = iterations()
        let most = maxDuration(key)
        guard let vus, let iterations, let most else { return nil }
        guard iterations >= Int64(vus) else {
            error(
                "number of iterations (\(iterations)) can't be less than the number of VUs "
                    + "(\(vus))",
                at: map.place(of: map.has("iterations") ? "iterations" : "vus"))
            return nil
        }
        executor.vus = vus
        executor.iterations = UInt64(iterations)
        executor.maxDuration = most
        return .sharedIterations(executor)
    }

    /// The shortcut `vus` alone: as many iterations as VUs.
    func oneIterationEach() -> Executor? {
        guard let vus = vus() else { return nil }
        var executor = SharedIterations()
        executor.vus = vus
        executor.iterations = UInt64(vus)
        return .sharedIterations(executor)
    }

    func perVUIterations() -> Executor? {
        var executor = PerVUIterations()
        let vus = vus()
        let iterations = iterations()
        let most = maxDuration("maxDuration")
        guard let vus, let iterations, let most else { return nil }
        guard iterations > 0 else {
            error("number of iterations must be more than 0", at: map.place(of: "iterations"))
            return nil
        }
        executor.vus = vus
        executor.iterations = UInt64(iterations)
        executor.maxDuration = most
        return .perVUIterations(executor)
    }

    func constantVUs() -> Executor? {
        let vus = vus()
        let duration = requiredDuration()
        guard let vus, let duration else { return nil }
        return .constantVUs(ConstantVUs(vus: vus, duration: duration))
    }

    /// The shortcut calls the VUs at the start `vus`, and has no gracefulRampDown.
    func rampingVUs(isShortcut: Bool = false) -> Executor? {
        let start = isShortcut ? "vus" : "startVUs"
        let words = "number of start VUs"
        var startVUs: Int? = 1
        if let node = map.take(start) {
            if let value = Int64(node.scalar ?? ""), value > Int64(Limits.stageTarget) {
                error("the \(words) exceeds max limit of \(Limits.stageTarget)", at: node.place)
                startVUs = nil
            } else {
                startVUs = count(node, start, words, least: 0)
            }
        }
        let stages = stages(
            targetMax: Int64(Limits.vus), tooMuch: "must be at most \(Limits.vus) VUs")
        var down: TimeSpan? = .seconds(30)
        if !isShortcut, map.take("gracefulRampDown") != nil {
            down = map.duration(
                "gracefulRampDown", negative: "gracefulRampDown timeout can't be negative")
        }
        guard let startVUs, let stages, let down else { return nil }
        guard startVUs > 0 || stages.contains(where: { $0.target > 0 }) else {
            error(
                "either startVUs or one of the stages' target values must be greater than 0",
                at: map.place(of: "stages"))
            return nil
        }
        var executor = RampingVUs(stages: stages)
        executor.startVUs = startVUs
        executor.gracefulRampDown = down
        return .rampingVUs(executor)
    }

    /// It ends at once: a graceful stop is refused by name.
    func externallyControlled() -> Executor? {
        if map.take("gracefulStop") != nil {
            error(
                "gracefulStop is not supported by externally-controlled",
                at: map.place(of: "gracefulStop"))
        }
        var vus: Int? = 0
        if let node = map.take("vus") { vus = count(node, "vus", "number of VUs", least: 0) }
        var most = vus
        if let node = map.take("maxVUs") {
            most = count(node, "maxVUs", "number of maxVUs", least: 0)
        }
        var duration: TimeSpan?
        if map.take("duration") == nil {
            error("the duration must be specified; 0 is endless", at: name ?? map.place)
        } else {
            duration = map.duration("duration", negative: "the duration can't be negative")
        }
        guard let vus, let most, let duration else { return nil }
        guard vus <= most else {
            error(
                "the number of VUs (\(vus)) must be less than or equal to the number of maxVUs "
                    + "(\(most))", at: map.place(of: "vus"))
            return nil
        }
        guard most > 0 else {
            error("number of maxVUs must be more than 0", at: name ?? map.place)
            return nil
        }
        var executor = ExternallyControlled(maxVUs: most, duration: duration)
        executor.vus = vus
        return .externallyControlled(executor)
    }

    private func vus() -> Int? {
        guard let node = map.take("vus") else { return 1 }
        return count(node, "vus", "number of VUs", least: 1)
    }

    private func iterations() -> Int64? {
        guard let node = map.take("iterations") else { return 1 }
        guard let value = map.read.integer(node, map.path("iterations")) else { return nil }
        guard value <= Limits.iterations else {
            error("number of iterations must be at most \(Limits.iterations)", at: node.place)
            return nil
        }
        return value
    }

    /// 10 minutes where it is not given; nil, told, where it is wrong.
    func maxDuration(_ key: String) -> TimeSpan? {
        map.take(key) == nil ? .seconds(600) : duration(key, words: "maxDuration")
    }
}

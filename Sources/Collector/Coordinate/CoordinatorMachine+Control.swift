// Requests of operators (fleet.md section 6). pause, resume and scale act by the plan, so far ahead
// that every agent has read it before it takes effect; windows are seconds of run time.

import HarnessCore

extension CoordinatorMachine {
    private struct Refusal: Error {
        let text: String
    }

    mutating func operate(_ id: String, _ request: OperatorRequest, _ now: Instant) -> [Action] {
        do throws(Refusal) {
            let (result, actions) = try carryOut(request, now)
            let line = "\(request.operation.rawValue) by \(request.by): \(result)"
            return [.say(line)] + actions
                + [.answer(.init(id: id, result: result, error: nil))]
        } catch {
            return [.answer(.init(id: id, result: nil, error: error.text))]
        }
    }

    private mutating func carryOut(
        _ request: OperatorRequest, _ now: Instant
    ) throws(Refusal) -> (String, [Action]) {
        switch request.operation {
        case .stop: return try stop(now)
        case .pause: return try pause(now)
        case .resume: return try resume(now)
        case .scale: return try scale(request.arguments, now)
        }
    }

    private mutating func stop(_ now: Instant) throws(Refusal) -> (String, [Action]) {
        guard ![.stopping, .tearingDown, .collecting].contains(phase) else {
            throw Refusal(text: "the run is ending already")
        }
        isInterrupted = true
        return ("nothing new starts, what runs may end", end(.stop, now))
    }

    /// The first window that a change published now can take effect in.
    private func windowAhead(_ now: Instant) throws(Refusal) -> Int {
        guard phase == .running || phase == .paused, let start else {
            throw Refusal(
                text: isBeforeStart || phase == .arming
                    ? "the run has not started" : "the run is ending already")
        }
        let at = now - start + timings.handoverLead
        return Int((at.ns + 999_999_999) / 1_000_000_000)
    }

    private mutating func pause(_ now: Instant) throws(Refusal) -> (String, [Action]) {
        let window = try windowAhead(now)
        guard !pauses.isOpen else { throw Refusal(text: "the run is already paused") }
        let end = pauses.runTime(of: timings.scheduleEnd)
        if !rules.isEndless, let end, .seconds(Int64(window)) >= end {
            throw Refusal(text: "the schedules end at \(end.goText), before a pause could begin")
        }
        let from = pauses.pause(from: window)
        setDeadline()
        return ("schedules stand still from \(Self.text(from)) on", [.replan])
    }

    private mutating func resume(_ now: Instant) throws(Refusal) -> (String, [Action]) {
        let window = try windowAhead(now)
        guard pauses.isOpen else { throw Refusal(text: "the run is not paused") }
        pauses.resume(at: window)
        setDeadline()
        return ("schedules go on at \(Self.text(window))", [.replan])
    }

    private mutating func scale(
        _ arguments: OperatorRequest.Arguments, _ now: Instant
    ) throws(Refusal) -> (String, [Action]) {
        guard let name = arguments.scenario, let vus = arguments.vus else {
            throw Refusal(text: "scale takes a scenario and a number of VUs")
        }
        guard rules.scenarios.contains(name) else {
            let known = rules.scenarios.sorted().joined(separator: ", ")
            throw Refusal(text: "there is no scenario \"\(name)\" in this run (\(known))")
        }
        guard let external = rules.external[name] else {
            throw Refusal(text: "scenario \"\(name)\" is not externally-controlled")
        }
        guard (0...external.maxVUs).contains(vus) else {
            throw Refusal(
                text: "scenario \"\(name)\" takes 0 to \(external.maxVUs) VUs (maxVUs), not \(vus)")
        }
        let window = try windowAhead(now)
        if let end = external.end.flatMap({ pauses.runTime(of: $0) }),
            .seconds(Int64(window)) >= end
        {
            throw Refusal(text: "scenario \"\(name)\" ends at \(end.goText), before it could act")
        }
        scales.removeAll { $0.scenario == name && $0.from == window }
        scales.append(PlanRecord.Scale(scenario: name, from: window, vus: vus))
        return ("scenario \"\(name)\" has \(vus) VUs from \(Self.text(window)) on", [.replan])
    }

    private static func text(_ window: Int) -> String { TimeSpan.seconds(Int64(window)).goText }

    /// Whether schedules stand still now, as a phase.
    mutating func notePause(_ now: Instant) -> [Action] {
        guard let start, phase == .running || phase == .paused else { return [] }
        let isPaused = pauses.contains(now - start)
        guard isPaused != (phase == .paused) else { return [] }
        phase = isPaused ? .paused : .running
        let at = TimeSpan.seconds((now - start).ns / 1_000_000_000).goText
        return [.say(isPaused ? "paused at \(at)" : "resumed at \(at)")]
    }
}

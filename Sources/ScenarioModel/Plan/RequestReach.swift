// Which requests a selector may speak of, before any of them was sent: an arrival that was dropped
// and a transfer that was cut have no sample, and still count against a latency criterion that
// would have covered them.

import HarnessCore

/// A request of a flow, with the group it stands in.
package struct PlacedRequest: Sendable {
    package let request: RequestStep
    /// `::a::b`, or empty.
    package let group: String
}

extension Flow {
    /// Requests that may be an iteration's first one.
    package var firstRequests: [PlacedRequest] { Self.first(of: steps, group: "").requests }

    /// Every request with its group.
    package var placedRequests: [PlacedRequest] { Self.placed(steps, group: "") }

    private static func placed(_ steps: [Step], group: String) -> [PlacedRequest] {
        steps.flatMap { step -> [PlacedRequest] in
            if case .request(let request) = step {
                return [PlacedRequest(request: request, group: group)]
            }
            return step.nested.flatMap { placed($0, group: inner(step, group)) }
        }
    }

    private static func inner(_ step: Step, _ group: String) -> String {
        if case .group(let name, _) = step { "\(group)::\(name)" } else { group }
    }

    /// The first requests of a list, and whether an iteration can pass it without any.
    private static func first(
        of steps: [Step], group: String
    ) -> (requests: [PlacedRequest], mayPass: Bool) {
        var found: [PlacedRequest] = []
        for step in steps {
            if case .fail = step { return (found, false) }
            let (requests, mayPass) = first(of: step, group: group)
            found += requests
            if !mayPass { return (found, false) }
        }
        return (found, true)
    }

    private static func first(
        of step: Step, group: String
    ) -> (requests: [PlacedRequest], mayPass: Bool) {
        let nested = step.nested.map { first(of: $0, group: inner(step, group)) }
        let requests = nested.flatMap(\.requests)
        switch step {
        case .request(let request):
            return ([PlacedRequest(request: request, group: group)], false)
        case .parallel: return (placed([step], group: group), false)
        case .choose, .branch: return (requests, nested.contains(where: \.mayPass))
        case .group: return (requests, nested.allSatisfy(\.mayPass))
        case .repeatTimes(let times, _):
            return (requests, times == 0 || nested.allSatisfy(\.mayPass))
        case .repeatWhile: return (requests, true)
        case .think, .order, .metric, .fail, .log: return ([], true)
        }
    }
}

extension Scenario {
    /// Whether a selector on a request metric may speak of the workload's first request.
    package func coversFirstRequest(_ selector: MetricSelector, of workload: Workload) -> Bool {
        guard let flow = flows[workload.exec] else { return false }
        return flow.firstRequests.contains { mayRead(selector, $0, of: workload, named: nil) }
    }

    /// Whether a selector may speak of a request of that name, had it ended.
    /// - Parameter name: as series carry it, maybe cut.
    package func covers(_ selector: MetricSelector, name: String, of workload: Workload) -> Bool {
        guard let flow = flows[workload.exec] else { return false }
        return flow.placedRequests.contains { mayRead(selector, $0, of: workload, named: name) }
    }

    /// Whether a selector on an iteration's metric speaks of the workload's iterations.
    package func coversIteration(_ selector: MetricSelector, of workload: Workload) -> Bool {
        let tags = staticTags(workload)
        return selector.tags.allSatisfy { key, value in
            key == "scenario" ? value == workload.name : tags[key] == value
        }
    }

    /// - Parameters:
    ///   - named: the name it has, where that is known.
    ///   - isAnswered: tags of an answer may have any value; else no answer ever came.
    func mayRead(
        _ selector: MetricSelector, _ placed: PlacedRequest, of workload: Workload, named: String?,
        isAnswered: Bool = false
    ) -> Bool {
        let request = placed.request
        if let named {
            guard request.mayHaveName(named) else { return false }
        }
        let tags = staticTags(workload).merging(request.tags) { $1 }
        return selector.tags.allSatisfy { key, value in
            switch key {
            case "scenario": value == workload.name
            case "name":
                named.map { TagText.bounded(value, TagText.nameBytes) == $0 }
                    ?? request.mayHaveName(value)
            case "group": value == placed.group
            case "method": request.fromOrder || value == request.method
            // A request without an answer can have been any that would have been good.
            case "expected_response": value == "true"
            case "status", "proto", "tls_version", "error", "error_code", "reject_code": isAnswered
            default: tags[key] == value
            }
        }
    }
}

extension RequestStep {
    /// Whether a sample of the request may carry that name.
    fileprivate func mayHaveName(_ name: String) -> Bool {
        guard let constant = self.name.constant else {
            return self.name.mayRender(name) || name == "(other)"
        }
        return constant == name || TagText.bounded(constant, TagText.nameBytes) == name
    }
}

extension Template {
    /// Whether the literals of the template stand in the text, in their order.
    package func mayRender(_ text: String) -> Bool {
        var rest = Substring(text)
        for (position, part) in parts.enumerated() {
            guard case .literal(let literal) = part else { continue }
            guard let range = rest.firstRange(of: literal),
                position > 0 || range.lowerBound == rest.startIndex
            else { return false }
            rest = rest[range.upperBound...]
        }
        if case .literal? = parts.last { return rest.isEmpty }
        return true
    }
}

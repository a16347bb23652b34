// How many series an agent keeps beyond the fixed ones of each scenario: they take memory in every
// worker and bytes in every delta, so a document may not ask for more than
// `Limits.seriesPerAgent`.

import HarnessCore

package enum SeriesCount {
    /// Response and service time, each by outcome; the wait for a connection, one more a name, is
    /// not counted against a document.
    package static let perName = 4
    /// Names a drawn order's requests have: `order new`, `order cancel`, ...
    package static let orderNames = 6
}

extension Scenario {
    /// Series known before the start: those of constant names, groups, checks, metrics of the
    /// document's own, and `SelectedSeries`. Names from templates are not among them.
    package var staticSeries: Int {
        workloads.reduce(SelectedSeries(self).selectors.count) { sum, workload in
            sum + (flows[workload.exec]?.staticSeries ?? 0)
        }
    }
}

extension Scenario {
    /// How many request names of a workload may come from templates in each worker: what the other
    /// series leave, shared among the workloads with such names; `Limits.requestNames` at most.
    package func templateNames(of workload: Workload) -> Int {
        let sharing = workloads.count { flows[$0.exec]?.namesRequestsByTemplate == true }
        guard sharing > 0, flows[workload.exec]?.namesRequestsByTemplate == true else { return 0 }
        let left = max(0, Limits.seriesPerAgent - staticSeries) / SeriesCount.perName
        return min(Limits.requestNames, left / sharing)
    }
}

extension Flow {
    fileprivate var staticSeries: Int {
        var names: Set<String> = []
        var checks: Set<String> = []
        var metrics: Set<MetricSeries> = []
        var hasOrderNames = false
        var groups = 0
        for step in allSteps {
            switch step {
            case .request(let request):
                if let name = request.name.constant { names.insert(name) }
                hasOrderNames = hasOrderNames || (request.fromOrder && request.name.isOrderName)
                checks.formUnion(request.checks.map(\.name))
            case .metric(let metric):
                metrics.insert(MetricSeries(metric: metric.metric, tags: metric.tags))
            case .group: groups += 1
            default: break
            }
        }
        let named = names.count + (hasOrderNames ? SeriesCount.orderNames : 0)
        return named * SeriesCount.perName + checks.count + metrics.count + groups
    }

    private struct MetricSeries: Hashable {
        let metric: Int
        let tags: [String: String]
    }

    /// Whether a request of it is named by a template of the document's own.
    package var namesRequestsByTemplate: Bool {
        allRequests.contains { $0.name.constant == nil && !($0.fromOrder && $0.name.isOrderName) }
    }
}

extension Template {
    /// The default name of a drawn order's request.
    var isOrderName: Bool { source == "order ${order.op}" }
}

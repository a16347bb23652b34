// What can go wrong inside an iteration. It ends the iteration and is counted in
// `iteration_errors`, tag `reason`; it is never a throw out of the flow and never a log line.

/// The reason of an iteration error (scenarios.md section 2, "Outcomes").
enum FlowFailure: Int, Error, Sendable, CaseIterable {
    case undefinedName, arithmetic, dataExhausted, loopLimit, badValue, fail

    /// The value of the tag `reason`.
    var reason: String {
        switch self {
        case .undefinedName: "undefined_name"
        case .arithmetic: "arithmetic"
        case .dataExhausted: "data_exhausted"
        case .loopLimit: "loop_limit"
        case .badValue: "bad_value"
        case .fail: "fail"
        }
    }
}

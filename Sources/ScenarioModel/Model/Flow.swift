// What a VU does: steps, requests, checks, captures; templates compiled once.
//
// Names are resolved to numbered variables at load (`VariableIndex`), so that a running flow reads
// an array, never a dictionary.

package import HarnessCore

/// A named list of steps.
package struct Flow: Sendable, Equatable {
    package var name: String
    package var steps: [Step]
    /// Names of captured variables; a `Template` refers to them by position.
    package var variables: [String]
    package init(name: String, steps: [Step], variables: [String]) {
        self.name = name
        self.steps = steps
        self.variables = variables
    }
}

package indirect enum Step: Sendable, Equatable {
    case request(RequestStep)
    case think(Think)
    case choose([Choice])
    /// Draws the next command of the order-flow model into `${order.*}`.
    case order(OrderModel)
    case group(name: String, steps: [Step])
    case branch(if: Condition, then: [Step], else: [Step])
    case repeatTimes(Int, steps: [Step])
    /// Past `max` rounds: iteration error `loop_limit`.
    case repeatWhile(Condition, max: Int, steps: [Step])
    /// Requests at the same time, at most `limit` of them.
    case parallel(limit: Int, requests: [RequestStep])
    case metric(MetricStep)
    /// Ends the iteration with error `fail`.
    case fail(Template)
    case log(Template)

    package struct Choice: Sendable, Equatable {
        package var weight: UInt64
        package var steps: [Step]
        package init(weight: UInt64, steps: [Step]) {
            self.weight = weight
            self.steps = steps
        }
    }
}

extension Step {
    /// The lists of steps inside this one.
    package var nested: [[Step]] {
        switch self {
        case .request, .think, .order, .metric, .fail, .log: []
        case .choose(let choices): choices.map(\.steps)
        case .group(_, let steps), .repeatTimes(_, let steps), .repeatWhile(_, _, let steps):
            [steps]
        case .branch(_, let then, let otherwise): [then, otherwise]
        case .parallel(_, let requests): [requests.map(Step.request)]
        }
    }
}

extension Flow {
    /// Every step, those inside others too, in the order of the document.
    package var allSteps: [Step] { Self.all(steps) }

    /// The models its `order` steps draw from.
    package var orderModels: [OrderModel] {
        allSteps.compactMap { step in
            if case .order(let model) = step { model } else { nil }
        }
    }

    private static func all(_ steps: [Step]) -> [Step] {
        steps.flatMap { [$0] + $0.nested.flatMap(all) }
    }
}

/// How long a VU thinks.
package enum Think: Sendable, Equatable {
    case fixed(TimeSpan)
    case uniform(TimeSpan, TimeSpan)
    case exponential(mean: TimeSpan, max: TimeSpan)
}

package struct RequestStep: Sendable, Equatable {
    package enum OnFail: String, Sendable, CaseIterable { case stop, `continue` }
    package enum Body: Sendable, Equatable {
        case none
        case text(Template)
        case json(JSONTemplate)
        case form([(name: String, value: Template)])
        /// `bodyFile`: sent as it is.
        case bytes([UInt8])

        package static func == (a: Self, b: Self) -> Bool {
            switch (a, b) {
            case (.none, .none): true
            case (.text(let x), .text(let y)): x == y
            case (.bytes(let x), .bytes(let y)): x == y
            case (.json(let x), .json(let y)): x == y
            case (.form(let x), .form(let y)):
                x.elementsEqual(y) { $0.name == $1.name && $0.value == $1.value }
            default: false
            }
        }
    }
    /// Position of this request among the scenario document's requests: names its series.
    package var id: Int
    package var method: String
    /// Relative to the target, or absolute.
    package var url: Template
    /// The `name` tag; METHOD and the url's template text by default.
    package var name: Template
    /// Percent-encoded values.
    package var query: [(name: String, value: Template)] = []
    package var headers: [HeaderField] = []
    package var body = Body.none
    /// Method, url, body and account are those of the drawn order command.
    package var fromOrder = false
    package var timeout: TimeSpan?
    package var expect: StatusSet = .success
    /// Business rejects: counted apart, no failures.
    package var rejects: StatusSet = .nothing
    package var checks: [Check] = []
    package var captures: [Capture] = []
    package var tags: [String: String] = [:]
    package var onFail = OnFail.stop

    package init(id: Int, method: String, url: Template, name: Template) {
        self.id = id
        self.method = method
        self.url = url
        self.name = name
    }

    package static func == (a: Self, b: Self) -> Bool {
        a.id == b.id && a.method == b.method && a.url == b.url && a.name == b.name
            && a.query.elementsEqual(b.query) { $0.name == $1.name && $0.value == $1.value }
            && a.headers == b.headers && a.body == b.body && a.fromOrder == b.fromOrder
            && a.timeout == b.timeout && a.expect == b.expect && a.rejects == b.rejects
            && a.checks == b.checks && a.captures == b.captures && a.tags == b.tags
            && a.onFail == b.onFail
    }
}

/// A set of HTTP statuses as inclusive ranges.
package struct StatusSet: Sendable, Equatable {
    package var ranges: [ClosedRange<Int>]
    package init(_ ranges: [ClosedRange<Int>]) { self.ranges = ranges }
    /// 200-399, k6's expected statuses.
    package static let success = StatusSet([200...399])
    package static let nothing = StatusSet([])
    package func contains(_ status: Int) -> Bool { ranges.contains { $0.contains(status) } }
}

/// A check: feeds Rate `checks` under `name`; false alone fails nothing.
package struct Check: Sendable, Equatable {
    package enum Subject: Sendable, Equatable {
        case status
        case statusIn(StatusSet)
        case header(String)
        case json(JSONPath)
        case body
        /// In milliseconds.
        case time
    }
    package enum Operator: String, Sendable, CaseIterable {
        case equals, notEquals, `in`, matches, contains, exists, length
        case less = "<", lessOrEqual = "<=", greater = ">", greaterOrEqual = ">="
    }
    package struct Condition: Sendable, Equatable {
        package var op: Operator
        /// One operand; several for `in`. Empty only for statusIn.
        package var operands: [Template]
        /// For `length` with operators instead of a number.
        package var nested: [Condition]
        package init(op: Operator, operands: [Template], nested: [Condition] = []) {
            self.op = op
            self.operands = operands
            self.nested = nested
        }
    }
    package var name: String
    package var subject: Subject
    /// All must hold.
    package var conditions: [Condition]
    package init(name: String, subject: Subject, conditions: [Condition]) {
        self.name = name
        self.subject = subject
        self.conditions = conditions
    }
}

package struct Capture: Sendable, Equatable {
    package enum Source: Sendable, Equatable {
        case json(JSONPath)
        case header(String)
        case regex(String, group: Int)
    }
    /// Position in `Flow.variables`.
    package var variable: Int
    package var source: Source
    /// Used where nothing is found; without it the miss is counted in `capture_misses`.
    package var defaultValue: String?
    /// Stays in the VU over iterations.
    package var keep: Bool
    package init(variable: Int, source: Source, defaultValue: String?, keep: Bool) {
        self.variable = variable
        self.source = source
        self.defaultValue = defaultValue
        self.keep = keep
    }
}

/// A JSONPath of RFC 9535 without filters and descendants: names, indexes (also negative), `[*]`.
package struct JSONPath: Sendable, Equatable {
    package enum Segment: Sendable, Equatable {
        case name(String)
        case index(Int)
        case wildcard
    }
    /// As written.
    package var text: String
    package var segments: [Segment]
    package init(text: String, segments: [Segment]) {
        self.text = text
        self.segments = segments
    }
}

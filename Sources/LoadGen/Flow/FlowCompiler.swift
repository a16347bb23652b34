// Turns the steps of a flow into `FlowCode`. Runs once per workload, before the start barrier; its
// errors are those the decoder cannot see.

import HarnessCore
import ScenarioModel

struct FlowCompiler {
    let scope: FlowScope
    let target: [UInt8]
    let streams: RandomStreams
    let limits: SeriesLimits
    private let defaults: RequestDefaults
    private let customMetrics: [CustomMetric]
    private let runTag: String
    /// Part of every order id.
    private let place: Int
    private(set) var blocks: [[FlowCode.Operation]] = []
    private(set) var choices: [FlowCode.Choice] = []
    private(set) var branches: [FlowCode.Branch] = []
    private(set) var loops: [FlowCode.Loop] = []
    private(set) var batches: [FlowCode.Batch] = []
    private(set) var metrics: [FlowCode.Metric] = []
    private(set) var metricSeries = MetricSeries()
    private(set) var texts: [CompiledText] = []
    private(set) var requests: [CompiledRequest] = []
    private(set) var checkIDs: [[Int]] = []
    private(set) var checkNames: [String] = []
    private(set) var groupNames: [String] = []
    private var groupPath = ""
    private(set) var patterns = Patterns()
    private(set) var variableNames: [String] = []
    private(set) var keeps: [Bool] = []
    private(set) var feeders: [CompiledFeeder] = []
    private(set) var order: (tables: OrderTables, text: OrderText)?
    private var model: OrderModel?

    /// - Parameter place: of the workload in name order; the hooks stand behind all workloads.
    init(scenario: Scenario, place: Int, target: String, runTag: String, scope: FlowScope) {
        self.scope = scope
        self.target = Array(target.hasSuffix("/") ? target.dropLast().utf8 : target[...].utf8)
        self.runTag = runTag
        streams = RandomStreams(seed: scenario.seed, scenario: scope.scenario)
        limits = SeriesLimits(scenario)
        defaults = scenario.defaults
        customMetrics = scenario.customMetrics
        self.place = place
    }

    mutating func compile(_ flow: Flow) throws(CommandFailure) {
        variableNames = flow.variables
        keeps = [Bool](repeating: false, count: flow.variables.count)
        _ = try block(flow.steps)
        // A feeder may be picked by a column of another one, which is then used too.
        while feeders.count < scope.usedFeeders.count {
            let position = scope.usedFeeders[feeders.count]
            guard scope.feeders.indices.contains(position) else {
                throw CommandFailure(
                    .badConfiguration, "a flow of '\(scope.scenario)' reads an unknown feeder")
            }
            feeders.append(CompiledFeeder(scope.feeders[position], scope))
        }
    }

    /// Compiles a list of steps; its position among the blocks.
    private mutating func block(_ steps: [Step]) throws(CommandFailure) -> Int {
        let position = blocks.count
        blocks.append([])
        var operations: [FlowCode.Operation] = []
        for step in steps { operations.append(try operation(step)) }
        blocks[position] = operations
        return position
    }

    private mutating func operation(_ step: Step) throws(CommandFailure) -> FlowCode.Operation {
        switch step {
        case .request(let request): return .request(try add(request))
        case .parallel(let limit, let list): return .batch(try add(list, limit: limit))
        case .think(let think): return .think(try Self.checked(think))
        case .choose(let list): return .choose(try add(list))
        case .order(let model):
            try add(model)
            return .order
        case .group(let name, let steps):
            let outer = groupPath
            groupPath += "::" + name
            defer { groupPath = outer }
            return .group(Self.position(of: groupPath, in: &groupNames), block: try block(steps))
        case .branch(let condition, let then, let otherwise):
            let condition = try CompiledPredicate(condition, scope, &patterns)
            let branch = FlowCode.Branch(
                condition: condition, then: try block(then), otherwise: try block(otherwise))
            branches.append(branch)
            return .branch(branches.count - 1)
        case .repeatTimes(let rounds, let steps):
            return .loop(try addLoop(while: nil, rounds: rounds, steps))
        case .repeatWhile(let condition, let rounds, let steps):
            let condition = try CompiledPredicate(condition, scope, &patterns)
            return .loop(try addLoop(while: condition, rounds: rounds, steps))
        case .metric(let step): return .metric(try add(step))
        case .fail(let text): return .fail(add(text))
        case .log(let text): return .log(add(text))
        }
    }

    private mutating func add(_ step: RequestStep) throws(CommandFailure) -> Int {
        let group = groupPath.isEmpty ? -1 : Self.position(of: groupPath, in: &groupNames)
        let request = try CompiledRequest(
            step, groupID: group, defaults: defaults, scope: scope, patterns: &patterns)
        for capture in step.captures {
            guard keeps.indices.contains(capture.variable) else {
                throw CommandFailure(
                    .badConfiguration, "a capture has no variable in flow of '\(scope.scenario)'")
            }
            if capture.keep { keeps[capture.variable] = true }
        }
        checkIDs.append(request.checks.map { Self.position(of: $0.name, in: &checkNames) })
        requests.append(request)
        return requests.count - 1
    }

    private mutating func add(
        _ list: [RequestStep], limit: Int
    ) throws(CommandFailure) -> Int {
        guard limit >= 1 else {
            throw CommandFailure(
                .badConfiguration, "a parallel step's max must be at least 1, is \(limit)")
        }
        let first = requests.count
        for step in list { _ = try add(step) }
        batches.append(FlowCode.Batch(requests: first..<requests.count, limit: limit))
        return batches.count - 1
    }

    private mutating func addLoop(
        while condition: CompiledPredicate?, rounds: Int, _ steps: [Step]
    ) throws(CommandFailure) -> Int {
        guard rounds >= 0 else {
            throw CommandFailure(
                .badConfiguration, "a repeat cannot have \(rounds) rounds; at least 0")
        }
        loops.append(
            FlowCode.Loop(condition: condition, rounds: rounds, block: try block(steps)))
        return loops.count - 1
    }

    private mutating func add(_ step: MetricStep) throws(CommandFailure) -> Int {
        guard customMetrics.indices.contains(step.metric) else {
            throw CommandFailure(
                .badConfiguration, "a flow of '\(scope.scenario)' feeds an unknown metric")
        }
        let metric = customMetrics[step.metric]
        var tags = step.tags
        if !groupPath.isEmpty { tags["group"] = TagText.bounded(groupPath) }
        metrics.append(
            FlowCode.Metric(
                kind: metric.kind, series: metricSeries.position(metric, tags: tags),
                value: CompiledText(step.value, scope)))
        return metrics.count - 1
    }

    private mutating func add(_ text: Template) -> Int {
        texts.append(CompiledText(text, scope))
        return texts.count - 1
    }

    /// Groups of one path feed one series, and so do checks of one name.
    private static func position(of name: String, in names: inout [String]) -> Int {
        if let known = names.firstIndex(of: name) { return known }
        names.append(name)
        return names.count - 1
    }

    private mutating func add(_ list: [Step.Choice]) throws(CommandFailure) -> Int {
        guard list.contains(where: { $0.weight > 0 }), list.allSatisfy({ $0.weight < 1 << 32 })
        else {
            throw CommandFailure(
                .badConfiguration, "a choose needs weights of at most 2^32-1, one more than 0")
        }
        var inner: [Int] = []
        for choice in list { inner.append(try block(choice.steps)) }
        choices.append(
            FlowCode.Choice(weights: WeightTable(weights: list.map(\.weight)), blocks: inner))
        return choices.count - 1
    }

    private mutating func add(_ model: OrderModel) throws(CommandFailure) {
        guard self.model == nil || self.model == model else {
            throw CommandFailure(.badConfiguration, "a flow draws orders from one model only")
        }
        self.model = model
        order = (
            try OrderTables(model, streams: streams),
            try OrderText(model, target: target, runTag: runTag, place: place)
        )
    }

    private static func checked(_ think: Think) throws(CommandFailure) -> Think {
        let isGood =
            switch think {
            case .fixed(let span): span >= .zero
            case .uniform(let a, let b): a >= .zero && a <= b
            case .exponential(let mean, let max): mean >= .zero && max >= .zero
            }
        guard isGood else {
            throw CommandFailure(.badConfiguration, "a think has a negative or empty range")
        }
        return think
    }
}

// Turns the steps of a flow into `FlowCode`. Runs once per workload, before the start barrier; its
// errors are those the decoder cannot see, such as what this version does not do yet.

import HarnessCore
import ScenarioModel

struct FlowCompiler {
    let scope: FlowScope
    let target: [UInt8]
    let streams: RandomStreams
    private let defaults: RequestDefaults
    private let runTag: String
    /// The scenario's place in name order: part of every order id.
    private let place: Int
    private(set) var blocks: [[FlowCode.Operation]] = []
    private(set) var choices: [FlowCode.Choice] = []
    private(set) var requests: [CompiledRequest] = []
    private(set) var checkIDs: [[Int]] = []
    private(set) var checkNames: [String] = []
    private(set) var groupNames: [String] = []
    private var groupPath = ""
    private(set) var patterns = Patterns()
    private(set) var keeps: [Bool] = []
    private(set) var order: (tables: OrderTables, text: OrderText)?
    private var model: OrderModel?

    init(scenario: Scenario, workload: Workload, target: String, runTag: String, scope: FlowScope) {
        self.scope = scope
        self.target = Array(target.hasSuffix("/") ? target.dropLast().utf8 : target[...].utf8)
        self.runTag = runTag
        streams = RandomStreams(seed: scenario.seed, scenario: workload.name)
        defaults = scenario.defaults
        place = scenario.workloads.reduce(0) { $0 + ($1.name < workload.name ? 1 : 0) }
    }

    mutating func compile(_ flow: Flow) throws(CommandFailure) {
        keeps = [Bool](repeating: false, count: flow.variables.count)
        _ = try block(flow.steps)
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
        case .think(let think): return .think(try Self.checked(think))
        case .choose(let list): return .choose(try add(list))
        case .order(let model):
            try add(model)
            return .order
        case .group(let name, let steps):
            let outer = groupPath
            groupPath += "::" + name
            defer { groupPath = outer }
            let group = groupID(groupPath)
            return .block(try block(steps), group: group)
        case .branch, .repeatTimes, .repeatWhile, .parallel, .metric, .fail, .log:
            throw CommandFailure(.badConfiguration, "a step is not supported by this version")
        }
    }

    private mutating func add(_ step: RequestStep) throws(CommandFailure) -> Int {
        let request = try CompiledRequest(
            step, defaults: defaults, scope: scope, patterns: &patterns)
        for capture in step.captures {
            guard keeps.indices.contains(capture.variable) else {
                throw CommandFailure(
                    .badConfiguration, "a capture has no variable in flow of '\(scope.scenario)'")
            }
            if capture.keep { keeps[capture.variable] = true }
        }
        checkIDs.append(request.checks.map { checkID($0.name) })
        requests.append(request)
        return requests.count - 1
    }

    /// Groups of one path feed one series.
    private mutating func groupID(_ path: String) -> Int {
        if let known = groupNames.firstIndex(of: path) { return known }
        groupNames.append(path)
        return groupNames.count - 1
    }

    /// Checks of one name feed one series.
    private mutating func checkID(_ name: String) -> Int {
        if let known = checkNames.firstIndex(of: name) { return known }
        checkNames.append(name)
        return checkNames.count - 1
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

// The compiled form of a flow: one row of small operations that refer to requests, choices, loops
// and the order model by position. Immutable, shared by all workers; a VU is a cursor over it.

import HarnessCore
import ScenarioModel

final class FlowCode: Sendable {
    enum Operation: Sendable {
        case request(Int)
        case batch(Int)
        case think(Think)
        case choose(Int)
        case order
        /// The steps of a group, and the group's position in `groupNames`.
        case group(Int, block: Int)
        case branch(Int)
        case loop(Int)
        case metric(Int)
        case fail(Int)
        case log(Int)
    }
    struct Choice: Sendable {
        let weights: WeightTable
        let blocks: [Int]
    }
    struct Branch: Sendable {
        let condition: CompiledPredicate
        let then: Int
        let otherwise: Int
    }
    struct Loop: Sendable {
        /// Asked before each round; nil: `rounds` rounds.
        let condition: CompiledPredicate?
        /// With a condition the most there may be.
        let rounds: Int
        let block: Int
    }
    struct Batch: Sendable {
        /// Positions in `requests`.
        let requests: Range<Int>
        let limit: Int
    }
    struct Metric: Sendable {
        let kind: MetricKind
        /// Position among the metric series of its kind.
        let series: Int
        let value: CompiledText
    }
    /// What the whole workload shares.
    let scenario: String
    let target: [UInt8]
    let streams: RandomStreams
    /// All blocks, one after the other.
    let operations: [Operation]
    /// Where each block stands in `operations`; block 0 is the flow itself.
    let blocks: [Range<Int>]
    let choices: [Choice]
    let branches: [Branch]
    let loops: [Loop]
    let batches: [Batch]
    let metrics: [Metric]
    let metricSeries: MetricSeries
    /// Of `fail` and `log`.
    let texts: [CompiledText]
    let requests: [CompiledRequest]
    /// Position in `checkNames` of each request's checks.
    let checkIDs: [[Int]]
    let checkNames: [String]
    /// `::outer::inner`
    let groupNames: [String]
    let patterns: Patterns
    let variableNames: [String]
    /// Variables that stay in the VU over iterations.
    let keeps: [Bool]
    let feeders: [CompiledFeeder]
    /// Captures of `setup` that the flow reads.
    let setupNames: [String]
    let order: (tables: OrderTables, text: OrderText)?
    let redactor: SecretRedactor
    let limits: SeriesLimits
    let log: FlowLog

    init(_ compiler: consuming FlowCompiler, log: FlowLog) {
        self.log = log
        scenario = compiler.scope.scenario
        target = compiler.target
        streams = compiler.streams
        operations = Array(compiler.blocks.joined())
        var start = 0
        blocks = compiler.blocks.map { block in
            defer { start += block.count }
            return start..<start + block.count
        }
        choices = compiler.choices
        branches = compiler.branches
        loops = compiler.loops
        batches = compiler.batches
        metrics = compiler.metrics
        metricSeries = compiler.metricSeries
        texts = compiler.texts
        requests = compiler.requests
        checkIDs = compiler.checkIDs
        checkNames = compiler.checkNames
        groupNames = compiler.groupNames
        patterns = compiler.patterns
        variableNames = compiler.variableNames
        keeps = compiler.keeps
        feeders = compiler.feeders
        setupNames = compiler.scope.setupNames
        order = compiler.order
        redactor = SecretRedactor(compiler.scope.secretValues)
        limits = compiler.limits
    }

    /// Requests of the longest `parallel` step.
    var batchCount: Int { batches.reduce(0) { max($0, $1.requests.count) } }

    /// The most of them at once.
    var batchWidth: Int { batches.reduce(0) { max($0, min($1.limit, $1.requests.count)) } }
}

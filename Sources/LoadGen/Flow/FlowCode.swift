// The compiled form of a flow: blocks of small operations that refer to requests, choices and the
// order model by position. Immutable, shared by all workers; a VU is a cursor over it.

import HarnessCore
import ScenarioModel

final class FlowCode: Sendable {
    enum Operation: Sendable {
        case request(Int)
        case think(Think)
        case choose(Int)
        case order
        /// The steps of a group, and the group's position in `groupNames`.
        case block(Int, group: Int)
    }
    struct Choice: Sendable {
        let weights: WeightTable
        let blocks: [Int]
    }
    /// What the whole workload shares.
    let scenario: String
    let target: [UInt8]
    let streams: RandomStreams
    /// Block 0 is the flow itself.
    let blocks: [[Operation]]
    let choices: [Choice]
    let requests: [CompiledRequest]
    /// Position in `checkNames` of each request's checks.
    let checkIDs: [[Int]]
    let checkNames: [String]
    /// `::outer::inner`
    let groupNames: [String]
    let patterns: Patterns
    let variableCount: Int
    /// Variables that stay in the VU over iterations.
    let keeps: [Bool]
    let order: (tables: OrderTables, text: OrderText)?

    init(_ compiler: consuming FlowCompiler) {
        scenario = compiler.scope.scenario
        target = compiler.target
        streams = compiler.streams
        blocks = compiler.blocks
        choices = compiler.choices
        requests = compiler.requests
        checkIDs = compiler.checkIDs
        checkNames = compiler.checkNames
        groupNames = compiler.groupNames
        patterns = compiler.patterns
        variableCount = compiler.keeps.count
        keeps = compiler.keeps
        order = compiler.order
    }
}

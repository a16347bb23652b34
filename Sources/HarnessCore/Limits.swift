// Every limit of the product, in one place; the relations between them are checked by a test.

/// Limits and fixed sizes. Bytes unless the name says otherwise.
package enum Limits {
    // Versions
    package static let version = "0.1.0"
    /// Version of the Redis protocol between coordinator and agents.
    package static let fleetProtocol = 1

    // Scenario documents (scenarios.md section 8)
    package static let documentBytes = 1 << 20
    package static let yamlAliases = 100
    package static let yamlDepth = 32
    package static let yamlNodes = 100_000
    package static let textBytes = 64 << 10
    package static let scenarios = 100
    package static let flows = 200
    package static let steps = 5_000
    package static let thresholds = 500
    package static let customMetrics = 200
    package static let vus = 1_000_000
    package static let arrivalsPerSecond = 10_000_000
    package static let durationNs: Int64 = 366 * 86_400_000_000_000
    package static let regexCharacters = 1_000
    package static let requestNames = 200
    package static let ringPlaces = 1_048_576
    package static let loopIterations = 1_000

    // Deltas (fleet.md section 3)
    package static let deltaEntryBytes = 1 << 20
    package static let deltaBodyBytes = 4 << 20
    package static let deltaSeries = 4_096
    package static let deltaKeyBytes = 512
    package static let deltaWindows = 600
    package static let deltaOverLimits = 8
    package static let seriesPerAgent = 1_024
    package static let spoolBytes = 64 << 20
    package static let spoolCoalesceBytes = 32 << 20
    package static let spoolDeltas = 60
    package static let spoolUnacknowledged = 64
    package static let slots = 1_000

    // Errors kept as examples (measurement.md section 3)
    package static let errorSamplesPerWindow = 8
    package static let errorSamplesPerRun = 200
    package static let errorSampleBytes = 200

    // Redis
    package static let redisReplyBytes = 64 << 20
    package static let walSegmentBytes = 256 << 20

    // HTTP, both sides
    package static let responseHeaderBytes = 64 << 10
    /// A compressed body that inflates beyond this, and to more than `inflationFactor` times what
    /// came over the wire, is an attack.
    package static let inflatedBytes = 64 << 20
    package static let inflationFactor = 100
    package static let requestBodyBytes = 64 << 10
    package static let httpConnections = 10_000

    // Engine
    package static let journalRecordBytes = 1 << 20
    package static let journalSegmentBytes = 64 << 20
    package static let journalBatchRecords = 4_096
    package static let clientOrderIdBytes = 36
    package static let accountBytes = 64
}

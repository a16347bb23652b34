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
    package static let criteria = 100
    package static let criterionNameCharacters = 80
    package static let observeSources = 20
    package static let observeMetrics = 200
    package static let customMetrics = 200
    package static let stages = 1_000
    package static let feeders = 50
    /// Of all files a document names, together.
    package static let scenarioFileBytes = 256 << 20
    package static let feederRows = 10_000_000
    package static let feederColumns = 256
    /// Rows x columns of one table: each cell costs 8 bytes beside its text.
    package static let feederCells = 40_000_000
    package static let bodyFileBytes = 16 << 20
    package static let tlsFileBytes = 1 << 20
    package static let filePathBytes = 1_024
    /// An options file, and the levels of any JSON a document names.
    package static let optionsBytes = 1 << 20
    package static let jsonDepth = 32
    /// Tags of one map, and bytes of a tag's key or value.
    package static let tags = 32
    package static let tagBytes = 200
    /// k6's bound of a stage's target.
    package static let stageTarget = 100_000_000
    /// Of a scenario, or of each VU.
    package static let iterations: Int64 = 1_000_000_000_000
    package static let vus = 1_000_000
    package static let arrivalsPerSecond = 10_000_000
    package static let durationNs: Int64 = 366 * 86_400_000_000_000
    /// Steps of a VU ramp that `plan` walks; of a longer one it takes the largest level.
    package static let walkedSteps = 200_000
    /// Of one `headers` map; a request has two at most, its own and the defaults'.
    package static let requestHeaders = 100
    package static let regexCharacters = 1_000
    package static let requestNames = 200
    /// Slots after which a striping repeats; re-segmented ones have no more than there are VUs.
    package static let segmentPeriod = 1_000_000
    /// Random arrivals that `plan` counts, by drawing them.
    package static let countedRandomArrivals = 20_000_000
    package static let ringPlaces = 1_048_576
    package static let loopIterations = 1_000

    /// Targets of one file of `--targets`.
    package static let allowedTargets = 1_000

    // Flows (scenarios.md section 2)
    package static let flowStepsPerTurn = 4_096
    package static let rejectCodes = 64
    package static let rejectCodeBytes = 40
    package static let logLinesPerSecond = 10
    package static let logLinesPerRun = 1_000
    package static let logLineBytes = 1_000
    /// What a `matches` condition looks at of a value.
    package static let matchedBytes = 64 << 10
    /// In units of the metric.
    package static let customCounterTotal = 1_000_000_000_000
    package static let customGaugeMagnitude = 10_000_000_000
    package static let customTrendMax = 3_600_000

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

    // What travels beside the scenario (fleet.md section 2)
    package static let shippedFileBytes = 16 << 20
    package static let setupCaptureBytes = 64 << 10
    package static let secretBytes = 64 << 10
    /// Shorter ones could not be told from other text where they must be blotted out.
    package static let secretBytesMin = 6

    // Scrapes of `observe` (measurement.md section 5)
    /// Of one answer; it is parsed line by line, and only what is asked for is kept.
    package static let observedBytes = 8 << 20
    package static let observedLineBytes = 64 << 10
    /// Labels of one line.
    package static let observedLabels = 128
    /// Lines of one answer that the metrics of a source may match.
    package static let observedSeries = 10_000

    // Redis
    package static let redisReplyBytes = 64 << 20
    /// run.json; most of it is what was scraped.
    package static let runFileBytes = 512 << 20
    package static let walSegmentBytes = 256 << 20

    // HTTP, both sides
    package static let responseHeaderBytes = 64 << 10
    package static let responseHeaderLineBytes = 32 << 10
    package static let responseHeaderLines = 1_000
    /// 1xx responses before the final one.
    package static let informationalResponses = 32
    /// Of a chunk's line past its size.
    package static let chunkLineBytes = 4 << 10
    /// Of the lines after a chunked body.
    package static let trailerBytes = 16 << 10
    /// A compressed body that inflates beyond this, and to more than `inflationFactor` times what
    /// came over the wire, is an attack.
    package static let inflatedBytes = 64 << 20
    package static let inflationFactor = 100
    package static let requestBodyBytes = 64 << 10
    package static let httpConnections = 10_000
    /// Connections of one VU that nothing runs on, in the direct lane.
    package static let idleConnections = 64

    // Engine
    package static let journalRecordBytes = 1 << 20
    package static let journalSegmentBytes = 64 << 20
    package static let journalBatchRecords = 4_096
    package static let clientOrderIdBytes = 36
    package static let accountBytes = 64
    /// Of one keys file.
    package static let apiKeys = 10_000
    package static let depthStreams = 64
}

// What the template of the HTML report reads, by the names of these fields. Fields that end in
// `Markup` are written as they are: only our own charts and icons go there. All others are escaped.

/// A row of a legend.
struct HTMLLegend {
    var swatchMarkup: String
    var label: String
}

/// The numbers of a chart as a table. `bodyMarkup` is made of numbers alone; names are in `head`.
struct HTMLData {
    var caption: String
    var head: [String]
    var bodyMarkup: String
}

struct HTMLFigure {
    var heading: String
    var hint: String?
    var legend: [HTMLLegend] = []
    var chartMarkup: String
    /// Length of the time axis; nil: the chart has none.
    var seconds: String?
    var data: HTMLData?
}

struct HTMLCell {
    var text: String
    /// Class: `l` is left-aligned, `w` may wrap; empty: a number.
    var style = ""
}

struct HTMLRow { var cells: [HTMLCell] }

struct HTMLTable {
    var caption: String
    var head: [HTMLCell]
    var rows: [HTMLRow]
}

/// A term and what is said of it.
struct HTMLPair {
    var term: String
    var value: String
    /// Smaller, below the value.
    var more: String?
}

/// An evidence row.
struct HTMLEvidence {
    var style: String
    var iconMarkup: String
    var word: String
    var gate: String?
    var name: String
    var sub: String
    var observed: String
    var bulletMarkup: String
    var interval: String
    /// Level and method of the interval.
    var level: String
    var limit: String
    var margin: String
    var samples: String
    var effective: String
    var sentences: [String]
    var facts: [HTMLPair]
}

struct HTMLVerdict {
    var style: String
    var iconMarkup: String
    var word: String
    var sum: String
    var measured: String
    var reasons: [String]
    var evidence: [HTMLEvidence]
    var hasEvidence: Bool
}

struct HTMLValidity {
    var style: String
    var iconMarkup: String
    var word: String
    var lead: String
    var stats: [HTMLPair]
    var distrust: [String]
    var signals: HTMLTable?
    var accounting: String
    var stream: String?
    var notes: [HTMLPair]
}

/// A panel of figures; `none` says why there are none.
struct HTMLCharts {
    var figures: [HTMLFigure]
    /// Two beside each other where there is room.
    var isPaired = false
    var none: String?
    var omitted: String?
}

struct HTMLSetup {
    var run: [HTMLPair]
    var environment: [HTMLPair]
    var processes: HTMLTable?
    var files: HTMLTable?
    var scenarioText: String?
    var scenarioNote: String?
}

struct HTMLPage {
    var title: String
    var policyMarkup: String
    var styleMarkup: String
    var scriptMarkup: String
    var scenario: String
    var about: String?
    var meta: [HTMLPair]
    var verdict: HTMLVerdict
    var validity: HTMLValidity
    var delays: HTMLTable?
    var latency: HTMLCharts
    var rates: HTMLCharts
    var spectrum: HTMLCharts
    var errors: HTMLCharts
    var errorTable: HTMLTable?
    var statuses: String?
    var heat: HTMLCharts
    var phases: HTMLCharts
    var requests: HTMLTable?
    var agents: HTMLTable?
    var observed: HTMLCharts
    var setup: HTMLSetup
    var version: String
}

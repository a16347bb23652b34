// The observed log as run.json keeps it: per metric its times and values in two columns.
//
//     {"sources": {"engine": {"expected": 60, "answered": 59, "failure": "..."}},
//      "metrics": [{"source": "engine", "metric": "cpu", "atNs": [...], "values": [...]}]}

import HarnessCore
import ScenarioModel

extension ObservedLog: Codable {
    private struct Column: Codable {
        var source: String
        var metric: String
        var atNs: [Int64]
        var values: [Double]
    }
    private enum Key: String, CodingKey { case sources, metrics }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        var samples: [ObservedName: [ObservedSample]] = [:]
        for column in try container.decode([Column].self, forKey: .metrics) {
            guard column.atNs.count == column.values.count else {
                throw DecodingError.dataCorruptedError(
                    forKey: .metrics, in: container,
                    debugDescription: "\(column.metric) has not as many times as values")
            }
            samples[ObservedName(source: column.source, metric: column.metric)] = zip(
                column.atNs, column.values
            ).map { ObservedSample(at: TimeSpan(ns: $0), value: $1) }
        }
        self.init(
            samples: samples,
            sources: try container.decode([String: ObservedSource].self, forKey: .sources))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(sources, forKey: .sources)
        let columns = samples.sorted { $0.key < $1.key }.map { name, samples in
            Column(
                source: name.source, metric: name.metric, atNs: samples.map(\.at.ns),
                values: samples.map(\.value))
        }
        try container.encode(columns, forKey: .metrics)
    }
}

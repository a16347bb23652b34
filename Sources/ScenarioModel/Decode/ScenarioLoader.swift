// From a file or text to a checked `Scenario`: compose, override, substitute, decode. All errors
// are thrown at once; only what leaves no tree (YAML syntax, a breached limit) stands alone.
//
// Called by `run`, `plan`, `validate` on the main thread, by agents with the effective document.

import HarnessCore

/// What the command line adds to a document.
package struct LoadOptions: Sendable {
    /// `-e`: before the environment.
    package var variables: [String: String] = [:]
    package var environment: [String: String] = [:]
    /// `--options`: k6's options in JSON, over the document.
    package var optionsFile: String?
    /// `--set a.b=yaml`, in order.
    package var sets: [(path: String, value: String)] = []
    package var target: String?
    package var seed: UInt64?
    package var tags: [String: String] = [:]

    package init() {}
}

package struct LoadedScenario: Sendable {
    package var scenario: Scenario
    /// Substituted, overrides applied, decodable without any environment.
    package var effectiveYAML: String
    /// `warning: file:line:column: ...`, in order of position.
    package var warnings: [String]
    /// Values of every `${env.X}` the flows name, where -e or the environment has one.
    package var usedEnv: [String: String]
    /// Every file the document names, by path: agents need the same bytes.
    package var files: [ScenarioFile]
    let vuBounds: [VUBound]

    /// Located warnings that depend on the size of the fleet: agents a scenario has no VU for.
    package func warnings(agents: Int) -> [String] {
        vuBounds.filter { $0.vus < agents }.map { bound in
            let place = bound.place
            let position = "\(place.file):\(place.line):\(place.column)"
            return "warning: \(position): scenarios.\(bound.scenario): at most "
                + "\(bound.vus) VUs for \(agents) agents: \(agents - bound.vus) of them run none "
                + "of it"
        }
    }
}

package enum ScenarioLoader {
    package static func load(
        path: String, options: LoadOptions
    ) throws(ScenarioErrors) -> LoadedScenario {
        try load(text: DocumentFile.read(path), file: path, options: options)
    }

    /// - Parameter file: what messages call the document; files it names stand in its folder.
    package static func load(
        text: String, file: String, options: LoadOptions
    ) throws(ScenarioErrors) -> LoadedScenario {
        let problems = Problems()
        var root = try YAMLComposer.compose(text, file: file, problems: problems)
        ShortcutLayers.check(root.entries ?? [], problems: problems)
        if let path = options.optionsFile {
            root = try OptionsFile.applying(path, to: root, problems: problems)
        }
        root = try Overrides.applying(options.sets, to: root, problems: problems)
        let substitution = Substitution(
            variables: options.variables, environment: options.environment, problems: problems)
        root = Overrides.applying(options, to: substitution.document(root), problems: problems)
        let defined = options.environment.merging(options.variables) { $1 }
        let files = ScenarioFiles(.folder(folder(of: file)), problems: problems)
        let decoder = DocumentDecoder(
            problems: problems, files: files, environment: Set(defined.keys))
        let scenario = decoder.decode(root)
        guard problems.isEmpty, let scenario else {
            throw ScenarioErrors(errors: problems.sortedErrors(document: file))
        }
        return LoadedScenario(
            scenario: scenario, effectiveYAML: YAMLWriter.text(root),
            warnings: problems.sortedWarnings(document: file),
            usedEnv: defined.filter { decoder.usedEnvironment.contains($0.key) },
            files: files.files, vuBounds: decoder.vuBounds)
    }

    /// The document agents get: no environment, no overrides; `${env.X}` values travel beside it.
    /// - Parameter files: the bytes of every file it names, by path.
    package static func decodeEffective(
        yaml: String, files: [String: [UInt8]] = [:]
    ) throws(ScenarioErrors) -> Scenario {
        try decodeEffective(yaml, .given(files))
    }

    /// The same document, to judge a run that is over: its files may be gone. The scenario cannot
    /// be run: tables have no rows, recordings one arrival, bodies no bytes.
    package static func decodeEffective(
        yaml: String, outlines: [String: FileOutline]
    ) throws(ScenarioErrors) -> Scenario {
        try decodeEffective(yaml, .outlines(outlines))
    }

    private static func decodeEffective(
        _ yaml: String, _ source: ScenarioFiles.Source
    ) throws(ScenarioErrors) -> Scenario {
        let file = "effective scenario"
        let problems = Problems()
        // Expanded aliases, margins and escapes make it larger than what it came from.
        let root = try YAMLComposer.compose(
            yaml, file: file, bytesMax: 64 * Limits.documentBytes, problems: problems)
        let substitution = Substitution(variables: [:], environment: [:], problems: problems)
        let decoder = DocumentDecoder(
            problems: problems, files: ScenarioFiles(source, problems: problems),
            environment: nil)
        let scenario = decoder.decode(substitution.document(root))
        guard problems.isEmpty, let scenario else {
            throw ScenarioErrors(errors: problems.sortedErrors(document: file))
        }
        return scenario
    }

    /// The keys the decoders know of every map of a document, by path; the document's own under "".
    package static func knownKeys(
        text: String, file: String
    ) throws(ScenarioErrors) -> [String: Set<String>] {
        let problems = Problems()
        let root = try YAMLComposer.compose(text, file: file, problems: problems)
        let files = ScenarioFiles(.folder(folder(of: file)), problems: problems)
        let decoder = DocumentDecoder(problems: problems, files: files, environment: nil)
        guard decoder.decode(root) != nil else {
            throw ScenarioErrors(errors: problems.sortedErrors(document: file))
        }
        return problems.knownKeys
    }

    private static func folder(of file: String) -> String {
        guard let slash = file.lastIndex(of: "/") else { return "" }
        return slash == file.startIndex ? "/" : String(file[..<slash])
    }
}

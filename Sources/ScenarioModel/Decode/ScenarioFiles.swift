// Every file a document names (data, bodies, replays, certificates) comes through here: relative,
// beneath the document's folder, regular, within the limits. What was read is kept, because agents
// get the same bytes; on an agent it is given.

import HarnessCore

/// A file the document names, as it was read.
package struct ScenarioFile: Sendable, Equatable {
    /// As the document names it, relative to its folder.
    package var path: String
    /// Lowercase hexadecimal.
    package var sha256: String
    package var bytes: [UInt8]
    package init(path: String, bytes: [UInt8]) {
        self.path = path
        self.bytes = bytes
        sha256 = Sha256.hex(bytes)
    }
}

final class ScenarioFiles {
    enum Source {
        /// Read beneath this folder.
        case folder(String)
        /// Only these exist.
        case given([String: [UInt8]])
        /// None is there: what is known of them stands in, every other one is empty.
        case outlines([String: FileOutline])
    }

    private let source: Source
    private let problems: Problems
    private var read: [String: [UInt8]] = [:]
    /// Told once: further uses of a bad file say nothing.
    private var refused: Set<String> = []
    private var total = 0

    init(_ source: Source, problems: Problems) {
        self.source = source
        self.problems = problems
    }

    /// All that was read, by path.
    var files: [ScenarioFile] {
        read.keys.sorted().map { ScenarioFile(path: $0, bytes: read[$0] ?? []) }
    }

    /// Where files are only known by outline: that of the file a node names.
    func outline(_ node: YAMLNode, _ path: String) -> (file: String, outline: FileOutline)? {
        guard case .outlines(let all) = source,
            let file = NodeReader(problems: problems).text(node, path)
        else { return nil }
        return (file, all[file] ?? FileOutline())
    }

    /// The bytes of the file a node names; nil, told at the node, where it may not be read.
    /// - Parameter path: of the key, as messages say it.
    func bytes(
        _ node: YAMLNode, _ path: String, bytesMax: Int
    ) -> (file: String, bytes: [UInt8])? {
        guard let file = NodeReader(problems: problems).text(node, path) else { return nil }
        if let problem = Self.problem(file) {
            problems.error("\(path): \(file.quoted) \(problem)", at: node.place)
            return nil
        }
        if refused.contains(file) { return nil }
        do {
            return (file, try bytes(of: file, bytesMax: bytesMax))
        } catch {
            refused.insert(file)
            problems.error("\(path): \(file.quoted) \(Self.words(error))", at: node.place)
            return nil
        }
    }

    private func bytes(of file: String, bytesMax: Int) throws(BeneathFileError) -> [UInt8] {
        if let known = read[file] {
            guard known.count <= bytesMax else { throw .tooLarge(bytesMax: bytesMax) }
            return known
        }
        let left = Limits.scenarioFileBytes - total
        let bytes: [UInt8]
        switch source {
        case .folder(let folder):
            bytes = try BeneathFile.read(file, in: folder, bytesMax: min(bytesMax, left))
        case .given(let all):
            guard let given = all[file] else {
                throw .failed(SystemError("open", code: noSuchFile, subject: file))
            }
            guard given.count <= min(bytesMax, left) else {
                throw .tooLarge(bytesMax: min(bytesMax, left))
            }
            bytes = given
        case .outlines: bytes = []
        }
        total += bytes.count
        read[file] = bytes
        return bytes
    }

    /// What is wrong with the text of a path. The kernel decides where it leads; this only says
    /// plainly what could never be right.
    private static func problem(_ file: String) -> String? {
        if file.isEmpty || file.utf8.count > Limits.filePathBytes {
            return "is not 1 to \(Limits.filePathBytes) bytes"
        }
        if file.contains("${") { return "is a file: no ${...} in its path" }
        if file.hasPrefix("/") { return "is absolute: a file stands beneath the scenario's folder" }
        if file.split(separator: "/").contains("..") { return Self.words(.outside) }
        return nil
    }

    private static func words(_ error: BeneathFileError) -> String {
        switch error {
        case .outside: "leads out of the scenario's folder"
        case .notRegular: "is no regular file"
        case .tooLarge(let bytesMax): "is larger than \(bytesMax) bytes"
        case .failed(let failure): "cannot be read: \(failure.reason)"
        }
    }

    /// ENOENT.
    private let noSuchFile: Int32 = 2
}

@available(*, unavailable)
extension ScenarioFiles: Sendable {}

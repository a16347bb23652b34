// Where an agent finds the values of `${secret.X}` (fleet.md section 10): a file X in a folder, for
// its owner alone, else the environment variable SPOTLOAD_SECRET_X. They stay in this process.

import Glibc
package import HarnessCore

package struct SecretStore: Sendable {
    private static let prefix = "SPOTLOAD_SECRET_"
    private let folder: String?
    private let environment: [String: String]

    package init(folder: String?, environment: [String: String]) {
        self.folder = folder
        self.environment = environment.filter { $0.key.hasPrefix(Self.prefix) }
    }

    /// The values of `names`.
    ///
    /// - Throws: `CommandFailure` 69 naming the secret and what is wrong with it; never its value.
    package func read(_ names: [String]) throws(CommandFailure) -> [String: String] {
        var values: [String: String] = [:]
        for name in names {
            let value = try value(name)
            guard value.utf8.count >= Limits.secretBytesMin else {
                throw CommandFailure(
                    .unavailable,
                    "secret \"\(name)\" is shorter than \(Limits.secretBytesMin) characters")
            }
            values[name] = value
        }
        return values
    }

    private func value(_ name: String) throws(CommandFailure) -> String {
        if let folder, let value = try file(name, in: folder) { return value }
        if let value = environment[Self.prefix + name] { return value }
        let places = (folder.map { "\($0)/\(name) (mode 0600), " } ?? "--secrets DIR, ")
        throw CommandFailure(
            .unavailable,
            "secret \"\(name)\" is missing: looked in \(places)then \(Self.prefix)\(name)")
    }

    /// Nil where there is no such file.
    private func file(_ name: String, in folder: String) throws(CommandFailure) -> String? {
        // Names come with the scenario: they may not lead out of the folder.
        guard !name.contains("/"), name != ".", name != ".." else { return nil }
        let path = folder + "/" + name
        func refuse(_ why: String) -> CommandFailure {
            CommandFailure(.unavailable, "secret \"\(name)\": \(path) \(why)")
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw refuse("cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw refuse("is no regular file")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw refuse("may be read by others: chmod 600 it")
        }
        guard status.st_size <= Limits.secretBytes else {
            throw refuse("is larger than \(Limits.secretBytes) bytes")
        }
        var bytes = [UInt8](repeating: 0, count: Limits.secretBytes + 1)
        let count = bytes.withUnsafeMutableBytes {
            Glibc.read(descriptor, $0.baseAddress, $0.count)
        }
        guard count >= 0 else {
            throw refuse("cannot be read: \(String(cString: strerror(errno)))")
        }
        // Editors end a file with a line feed that is no part of the secret.
        var text = bytes.prefix(count)
        if text.last == UInt8(ascii: "\n") { text.removeLast() }
        if text.last == UInt8(ascii: "\r") { text.removeLast() }
        guard let value = String(validating: text, as: UTF8.self) else {
            throw refuse("is not UTF-8")
        }
        return value
    }
}

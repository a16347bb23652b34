// The keys file: a YAML list of key, secret, account and role, readable by its owner alone.
// All errors of a file are told at once, each as `FILE:LINE: what`; no message contains a secret.
//
//     - key: trader-key-1
//       secret: 64 characters of randomness
//       account: u1
//       role: trade          # read, trade or admin

import Glibc
package import HarnessCore
import Yams

package enum KeyFile {
    private static let names = ["key", "secret", "account", "role"]

    /// - Throws: `CommandFailure` 104.
    package static func load(path: String) throws(CommandFailure) -> KeyRing {
        try parse(try read(path), file: path)
    }

    static func parse(_ yaml: String, file: String) throws(CommandFailure) -> KeyRing {
        var reader = Reader(file: file)
        reader.read(yaml)
        guard reader.errors.isEmpty else {
            throw CommandFailure(.badConfiguration, reader.errors.joined(separator: "\n"))
        }
        return KeyRing(reader.holders)
    }

    /// The text of a file that only its owner can read.
    private static func read(_ path: String) throws(CommandFailure) -> String {
        func refuse(_ why: String) -> CommandFailure {
            CommandFailure(.badConfiguration, "--keys \(path): \(why)")
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw refuse(String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw refuse("no regular file")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw refuse("others may read these secrets: chmod 600 it")
        }
        guard status.st_size <= Limits.documentBytes else {
            throw refuse("larger than \(Limits.documentBytes) bytes")
        }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while bytes.count <= Limits.documentBytes {
            let count = piece.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress, $0.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw refuse(String(cString: strerror(errno))) }
            if count == 0 { break }
            bytes += piece.prefix(count)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw refuse("not UTF-8") }
        return text
    }

    /// Collects keys and errors.
    private struct Reader {
        let file: String
        var errors: [String] = []
        var holders: [[UInt8]: KeyHolder] = [:]

        mutating func fail(_ line: Int, _ text: String) {
            errors.append("\(file):\(line): \(text)")
        }

        mutating func read(_ yaml: String) {
            let root: Node?
            do {
                root = try compose(yaml: yaml)
            } catch {
                return fail(Self.line(of: error), "no YAML list of keys")
            }
            guard let list = root?.sequence, !list.isEmpty, list.count <= Limits.apiKeys else {
                return fail(1, "a keys file is a list of 1 to \(Limits.apiKeys) keys")
            }
            for node in list { read(node) }
        }

        /// Yams shows a piece of the file with its errors, secrets included: its line is enough.
        private static func line(of error: any Error) -> Int {
            switch error as? YamlError {
            case .scanner(_, _, let mark, _), .parser(_, _, let mark, _),
                .composer(_, _, let mark, _):
                mark.line
            case .duplicatedKeysInMapping(_, let context): context.mark.line
            default: 1
            }
        }

        private mutating func read(_ node: Node) {
            let line = node.mark?.line ?? 1
            guard let mapping = node.mapping else {
                return fail(line, "a key is a map of \(names.joined(separator: ", "))")
            }
            var values: [String: String] = [:]
            for (name, value) in mapping {
                let at = name.mark?.line ?? line
                guard let name = name.scalar?.string, names.contains(name) else {
                    fail(at, "a key has only \(names.joined(separator: ", "))")
                    continue
                }
                guard let text = value.scalar?.string else {
                    fail(at, "\(name) is a single value")
                    continue
                }
                values[name] = text
            }
            let missing = names.filter { values[$0] == nil }
            guard missing.isEmpty else {
                return fail(line, "\(missing.joined(separator: ", ")) missing")
            }
            add(values, line)
        }

        private mutating func add(_ values: [String: String], _ line: Int) {
            let key = Array((values["key"] ?? "").utf8)
            let secret = values["secret"] ?? ""
            let account = InlineText((values["account"] ?? "").utf8)
            let role = KeyRole(rawValue: values["role"] ?? "")
            let before = errors.count
            if !KeyRing.isLegal(key: key) {
                let sizes = KeyRing.keyBytes
                fail(
                    line,
                    "key: \(sizes.lowerBound) to \(sizes.upperBound) of A-Z a-z 0-9 . _ -")
            }
            let sizes = KeyRing.secretBytes
            if !sizes.contains(secret.utf8.count)
                || !secret.utf8.allSatisfy({ $0 > 32 && $0 < 127 })
            {
                fail(
                    line,
                    "secret: \(sizes.lowerBound) to \(sizes.upperBound) characters without blanks")
            }
            if account == nil || account?.isAccountName == false {
                fail(
                    line,
                    "account: 1 to \(InlineText.capacity) characters, no blanks, no \" \\, "
                        + "not beginning with @")
            }
            if role == nil {
                let roles = KeyRole.allCases.map { $0.rawValue }
                fail(line, "role is \(roles.joined(separator: ", "))")
            }
            if holders[key] != nil { fail(line, "this key is in the list already") }
            guard errors.count == before, let account, let role else { return }
            holders[key] = KeyHolder(account: account, role: role, secret: secret)
        }
    }
}

extension InlineText {
    /// Whether an account may have this name: visible ASCII that JSON needs no escapes for, and
    /// none of the engine's own.
    var isAccountName: Bool {
        !isEmpty && !isReserved
            && withBytes { $0.allSatisfy { $0 > 32 && $0 < 127 && $0 != 34 && $0 != 92 } }
    }
}

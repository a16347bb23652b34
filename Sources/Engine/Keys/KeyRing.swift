// API keys as the engine knows them (engine.md 2, "Auth"). Immutable once loaded; read by every
// event loop. Secrets are never printed: they leave this file as HMAC keys only.

import Crypto

/// What the owner of a key may do; each role includes the one before.
enum KeyRole: String, Sendable, CaseIterable, Comparable {
    case read, trade, admin

    static func < (a: Self, b: Self) -> Bool {
        switch (a, b) {
        case (.read, .trade), (.read, .admin), (.trade, .admin): true
        default: false
        }
    }
}

struct KeyHolder: Sendable {
    var account: InlineText
    var role: KeyRole
    fileprivate let secret: SymmetricKey

    init(account: InlineText, role: KeyRole, secret: String) {
        self.account = account
        self.role = role
        self.secret = SymmetricKey(data: Array(secret.utf8))
    }
}

/// All keys of a keys file.
package struct KeyRing: Sendable {
    /// By the text of the key.
    private let holders: [[UInt8]: KeyHolder]

    init(_ holders: [[UInt8]: KeyHolder]) { self.holders = holders }

    package var count: Int { holders.count }

    func holder(of key: UnsafeRawBufferPointer) -> KeyHolder? { holders[Array(key)] }

    /// Bytes of a key, and which they may be: what HTTP and YAML carry without quoting.
    static let keyBytes = 8...128
    static let secretBytes = 16...256

    static func isLegal(key: some Collection<UInt8>) -> Bool {
        keyBytes.contains(key.count)
            && key.allSatisfy {
                switch $0 {
                case 45, 46, 48...57, 65...90, 95, 97...122: true
                default: false
                }
            }
    }
}

extension KeyHolder {
    /// Whether the signature, hex in any case, is HMAC-SHA256 of query and body, one after the
    /// other without a separator. Compares in constant time.
    func isSigned(_ payload: SignedPayload) -> Bool {
        guard let code = payload.code else { return false }
        return HMAC<SHA256>.isValidAuthenticationCode(
            code, authenticating: Array(payload.query) + Array(payload.body), using: secret)
    }
}

// A connection of the direct lane, and the table that finds it by the poller's token. Connections
// are plain memory without reference counts: their life is a row of this table.
//
//     token:   | 0 | generation, 31 bits | row, 32 bits |
//
// The generation tells an event that was queued for a row's former connection. Confined to the
// worker's thread.

struct DirectConnection {
    let descriptor: Int32
    let token: UInt64
    /// Of the origin it was made for.
    let originKey: Int
    /// Of the VU it belongs to.
    let user: Unmanaged<DirectUser>
    /// What secures it, retained; nil: plain, the descriptor is ours.
    let handle: Unmanaged<ConnectHandle>?
    /// Whose transfer runs on it; nil: it idles.
    var exchange: Unmanaged<DirectExchange>?
    /// Turn in which it last was found alive.
    var turn: UInt64 = 0
    /// It is also watched for room to send.
    var alsoOut = false
    /// The next one its VU keeps.
    var next: UnsafeMutablePointer<DirectConnection>?
}

struct DirectConnectionTable: ~Copyable {
    private struct Row {
        var connection: UnsafeMutablePointer<DirectConnection>?
        var generation: UInt32 = 0
        /// Of a free row: the next free one.
        var nextFree = -1
    }
    private var rows: UnsafeMutablePointer<Row>
    private var capacity = 64
    private var count = 0
    private var firstFree = -1

    init() { rows = .allocate(capacity: capacity) }

    deinit { rows.deallocate() }

    /// Makes a connection; its token is its own until `remove`.
    mutating func add(
        descriptor: Int32, originKey: Int, user: DirectUser, handle: ConnectHandle?
    ) -> UnsafeMutablePointer<DirectConnection> {
        let row = takeRow()
        let connection = UnsafeMutablePointer<DirectConnection>.allocate(capacity: 1)
        connection.initialize(
            to: DirectConnection(
                descriptor: descriptor, token: UInt64(rows[row].generation) << 32 | UInt64(row),
                originKey: originKey, user: .passUnretained(user),
                handle: handle.map { .passRetained($0) }))
        rows[row].connection = connection
        return connection
    }

    /// nil where the token's connection is gone.
    func find(_ token: UInt64) -> UnsafeMutablePointer<DirectConnection>? {
        let row = Int(token & 0xFFFF_FFFF)
        guard row < count, rows[row].generation == UInt32(token >> 32) else { return nil }
        return rows[row].connection
    }

    /// Frees its memory; descriptor and handle are the caller's.
    mutating func remove(_ connection: UnsafeMutablePointer<DirectConnection>) {
        let row = Int(connection.pointee.token & 0xFFFF_FFFF)
        rows[row].connection = nil
        rows[row].generation = (rows[row].generation &+ 1) & 0x7FFF_FFFF
        rows[row].nextFree = firstFree
        firstFree = row
        connection.deallocate()
    }

    private mutating func takeRow() -> Int {
        if firstFree >= 0 {
            let row = firstFree
            firstFree = rows[row].nextFree
            return row
        }
        if count == capacity {
            let larger = UnsafeMutablePointer<Row>.allocate(capacity: 2 * capacity)
            larger.moveInitialize(from: rows, count: count)
            rows.deallocate()
            rows = larger
            capacity *= 2
        }
        (rows + count).initialize(to: Row())
        count += 1
        return count - 1
    }
}

// One connection of the null server: where its parser stands, the part of a head it has not read
// yet, and which answers it is owed. Confined to its loop's thread.

import HarnessCore

final class NullConnection {
    /// Answers owed; beyond them nothing is read until some were taken.
    static let owedMax = 1_024

    let descriptor: Int32
    /// Descriptors are reused at once; with it an event of a former life is told from one of this.
    let serial: UInt32
    /// What epoll watches it for.
    var mask: UInt32
    /// Bytes that were read and not used.
    private(set) var left: [UInt8] = []
    /// They hold more than a part: parsing stopped because too much was owed.
    var hasBacklog = false
    /// Nothing more is read: it closes when nothing is owed.
    var isEnding = false
    /// Of the first answer owed, bytes sent.
    private(set) var offset = 0
    private var parser = NullRequestParser()
    private var owed: [NullAnswer.Kind] = []
    private var taken = 0

    init(descriptor: Int32, serial: UInt32) {
        self.descriptor = descriptor
        self.serial = serial
        mask = 0x001  // EPOLLIN, as it was registered
    }

    var isOwing: Bool { taken < owed.count }
    /// - Precondition: it is owing.
    var firstOwed: NullAnswer.Kind { owed[taken] }

    /// How many plain answers come next.
    var leadingFulls: Int {
        var end = taken
        let limit = min(owed.count, taken + NullAnswer.burst)
        while end < limit, owed[end] == .full { end += 1 }
        return end - taken
    }

    /// `count` bytes of answers of `each` bytes are sent.
    func noteSent(_ count: Int, each: Int) {
        let total = offset + count
        taken += total / each
        offset = total % each
        guard taken == owed.count else { return }
        owed.removeAll(keepingCapacity: true)
        taken = 0
    }

    /// Reads `bytes`, which begin with what was left, and notes what is owed for them.
    func parse(_ bytes: UnsafeRawBufferPointer) {
        var position = 0
        while position < bytes.count {
            guard owed.count - taken < Self.owedMax else {
                hasBacklog = true
                break
            }
            switch parser.next(bytes, from: &position) {
            case .needsMore:
                keep(bytes, from: position)
                return
            case .wantsContinue: owed.append(.proceed)
            case .request(let wantsBody, let keepsAlive):
                switch (wantsBody, keepsAlive) {
                case (true, true): owed.append(.full)
                case (false, true): owed.append(.head)
                case (true, false): end(with: .lastFull)
                case (false, false): end(with: .lastHead)
                }
            case .refused(let status): end(with: NullAnswer.Kind(refusing: status))
            }
            if isEnding { break }
        }
        keep(bytes, from: isEnding ? bytes.count : position)
    }

    private func end(with kind: NullAnswer.Kind) {
        owed.append(kind)
        isEnding = true
    }

    private func keep(_ bytes: UnsafeRawBufferPointer, from position: Int) {
        if position == bytes.count {
            if !left.isEmpty { left = [] }
        } else {
            left = Array(bytes[position...])
        }
    }
}

@available(*, unavailable)
extension NullConnection: Sendable {}

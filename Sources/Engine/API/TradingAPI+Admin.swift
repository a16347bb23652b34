// Admin routes of the log: a snapshot on request, and the engine's view of its own soundness.

extension TradingAPI {
    /// `[{"shard":0,"seq":9,"hash":"..."}]` once the snapshot is durable; the hash is the event
    /// hash after that command, 16 hex digits.
    func postSnapshot(_ answer: @escaping Answer) {
        guard let snapshots else { return answer(.error(404, -1000, "No such endpoint.")) }
        shard.query { matcher in
            snapshots.request(matcher) { result in
                switch result {
                case .success(let mark):
                    let hash = SnapshotMaker.hex(mark.eventHash)
                    answer(
                        .json(
                            "[{\"shard\":0,\"seq\":\(mark.seq),\"hash\":\"\(hash)\"}]",
                            seq: mark.seq))
                case .failure(let failure):
                    answer(.error(503, -1008, "No snapshot: \(failure.message)."))
                }
            }
        }
    }

    /// Invariants and hashes of the live state; with `--allow-faults` only, since it holds up the
    /// matcher.
    func getAudit(_ answer: @escaping Answer) {
        guard allowsAudit else { return answer(.error(404, -1000, "No such endpoint.")) }
        shard.query { matcher in
            let broken = matcher.firstBrokenInvariant().map { "\"\($0)\"" } ?? "null"
            answer(
                .json(
                    """
                    {"seq":\(matcher.lastSeq),"broken":\(broken),\
                    "eventHash":"\(SnapshotMaker.hex(matcher.eventHash))",\
                    "stateHash":"\(matcher.stateHash())"}
                    """, seq: matcher.lastSeq))
        }
    }
}

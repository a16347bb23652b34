// Which VU a transfer is of, and at which of its places it runs.

struct TransferTag: Equatable {
    /// Position among the worker's VUs.
    let vu: Int
    /// Which of the VU's exchanges, from 0.
    let place: Int

    /// More of them a VU does not get.
    static let placesMax = 1 << 16
}

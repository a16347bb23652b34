// Which VU a transfer is of, and on which of its handles it runs: what libcurl's PRIVATE carries.
//
//     | VU's position in the worker, 47 bits | place, 16 bits |

struct TransferTag: Equatable {
    /// Position among the worker's VUs.
    let vu: Int
    /// Which of the VU's handles, from 0.
    let place: Int

    /// More handles than that a VU does not get.
    static let placesMax = 1 << 16

    /// - Precondition: the place is below `placesMax`.
    init(vu: Int, place: Int) {
        precondition(place < Self.placesMax, "a place has 16 bits")
        self.vu = vu
        self.place = place
    }

    init(rawValue: Int) { self.init(vu: rawValue >> 16, place: rawValue & (Self.placesMax - 1)) }

    var rawValue: Int { vu << 16 | place }
}

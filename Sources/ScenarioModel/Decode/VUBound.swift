// How many VUs a scenario may have, for fleets with more agents than that.

/// The most VUs of one scenario and where they are written.
struct VUBound: Sendable {
    var scenario: String
    var vus: Int
    var place: SourcePosition
}

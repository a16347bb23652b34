// Arrivals that found no free VU wait here with their intended time, first in first out, in places
// reserved before the start (scenarios.md 4.4).

package import HarnessCore

package struct WaitingRing: Sendable {
    package struct Entry: Sendable, Equatable {
        package let number: UInt64
        package let intended: Instant

        package init(number: UInt64, intended: Instant) {
            self.number = number
            self.intended = intended
        }
    }

    private var places: [Entry]
    private var head = 0
    package private(set) var count = 0

    /// - Precondition: `capacity` is at least 1.
    package init(capacity: Int) {
        precondition(capacity >= 1, "a ring has a place")
        places = [Entry](
            repeating: Entry(number: 0, intended: Instant(ns: 0)), count: capacity)
    }

    /// Places for a worker: ceil(peak rate x maxWait) + 1, at most `Limits.ringPlaces`.
    package static func capacity(ratePerSecond: Double, maxWait: TimeSpan) -> Int {
        let places = (ratePerSecond * maxWait.seconds).rounded(.up) + 1
        return Int(min(Double(Limits.ringPlaces), max(1, places)))
    }

    package var isFull: Bool { count == places.count }
    package var first: Entry? { count == 0 ? nil : places[head] }

    /// - Precondition: the ring is not full.
    package mutating func append(_ entry: Entry) {
        precondition(!isFull, "the ring is full")
        var tail = head + count
        if tail >= places.count { tail -= places.count }
        places[tail] = entry
        count += 1
    }

    @discardableResult
    package mutating func removeFirst() -> Entry {
        precondition(count > 0, "the ring is empty")
        let entry = places[head]
        head = head + 1 == places.count ? 0 : head + 1
        count -= 1
        return entry
    }
}

// `fleet`: the fleet's times (fleet.md section 6) and their order:
//
//     3 heartbeats <= leaseTtl <= lostAfter < maxOffline

import HarnessCore

enum FleetSettingsDecoder {
    static func decode(_ document: MapReader) -> FleetSettings {
        var settings = FleetSettings()
        guard let node = document.take("fleet"),
            let map = MapReader(node, path: "fleet", problems: document.problems)
        else { return settings }
        map.refuse("spares", "handoverLead")
        if let span = map.duration("heartbeat") {
            if (100_000_000...5_000_000_000).contains(span.ns) {
                settings.heartbeat = span
            } else {
                map.problems.error(
                    "fleet.heartbeat: must be 100ms to 5s", at: map.place(of: "heartbeat"))
            }
        }
        if let beats = map.int("leaseTtl", in: 1...1_000) { settings.leaseTtlHeartbeats = beats }
        if let beats = map.int("lostAfter", in: 1...1_000) {
            settings.lostAfterHeartbeats = beats
        }
        if let span = map.duration("maxOffline") { settings.maxOffline = span }
        if let span = map.duration("fenceMargin") { settings.fenceMargin = span }
        settings.minAgentsToStart = map.int("minAgentsToStart", in: 1...Limits.slots)
        if let span = map.duration("startTimeout") { settings.startTimeout = span }
        settings.collectTimeout = map.duration("collectTimeout")
        if let span = map.duration("maxUncontrolled") { settings.maxUncontrolled = span }
        if let span = map.duration("retention") { settings.retention = span }
        if let fraction = map.number("maxLossFraction", in: 0...1) {
            settings.maxLossFraction = fraction
        }
        let lost = settings.heartbeat * Int64(settings.lostAfterHeartbeats)
        if settings.leaseTtlHeartbeats < 3
            || settings.leaseTtlHeartbeats > settings.lostAfterHeartbeats
            || lost >= settings.maxOffline
        {
            map.problems.error(
                "fleet: 3 heartbeats <= leaseTtl <= lostAfter < maxOffline does not hold",
                at: map.place)
        }
        map.finish()
        return settings
    }
}

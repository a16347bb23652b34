// Replies of the stream commands as values, and the clock of the server. Malformed replies are
// nil: the caller treats them as a broken connection.

package import HarnessCore

/// One entry of a stream.
package struct RedisStreamEntry: Sendable, Equatable {
    package let id: StreamID
    /// Name, value, name, value ...
    package let fields: [[UInt8]]

    package init(id: StreamID, fields: [[UInt8]]) {
        self.id = id
        self.fields = fields
    }

    package subscript(field: String) -> [UInt8]? {
        let name = Array(field.utf8)
        for i in stride(from: 0, to: fields.count - 1, by: 2) where fields[i] == name {
            return fields[i + 1]
        }
        return nil
    }
}

extension RedisReply {
    /// Entries of an XRANGE.
    package var streamEntries: [RedisStreamEntry]? {
        guard let elements else { return nil }
        var entries: [RedisStreamEntry] = []
        for element in elements {
            guard let pair = element.elements, pair.count == 2,
                let id = pair[0].text.flatMap({ StreamID($0) })
            else { return nil }
            // A deleted entry has no fields.
            let fields = (pair[1].elements ?? []).compactMap(\.bytes)
            entries.append(RedisStreamEntry(id: id, fields: fields))
        }
        return entries
    }

    /// Entries by stream of an XREAD; empty where nothing is new.
    package var streamsRead: [String: [RedisStreamEntry]]? {
        if case .null = self { return [:] }
        guard let elements else { return nil }
        var streams: [String: [RedisStreamEntry]] = [:]
        for element in elements {
            guard let pair = element.elements, pair.count == 2, let key = pair[0].text,
                let entries = pair[1].streamEntries
            else { return nil }
            streams[key] = entries
        }
        return streams
    }

    /// Value of a flat list of name and value, as XINFO gives it.
    package func named(_ name: String) -> RedisReply? {
        guard let elements else { return nil }
        for i in stride(from: 0, to: elements.count - 1, by: 2) where elements[i].text == name {
            return elements[i + 1]
        }
        return nil
    }

    /// Microseconds since the Unix epoch of a TIME.
    package var serverMicroseconds: Int64? {
        guard let parts = elements, parts.count == 2,
            let seconds = parts[0].text.flatMap({ Int64($0) }),
            let micros = parts[1].text.flatMap({ Int64($0) })
        else { return nil }
        return seconds * 1_000_000 + micros
    }
}

extension RedisConnection {
    /// One sample of the server's clock.
    package func sampleClock() throws(RedisError) -> ClockSample {
        let sentAt = Instant.now()
        let reply = try command(["TIME"])
        let receivedAt = Instant.now()
        guard let serverUs = reply.serverMicroseconds else {
            throw RedisError(.malformed, "TIME answered \(reply)")
        }
        return ClockSample(sentAt: sentAt, receivedAt: receivedAt, serverUs: serverUs)
    }

    /// Fields of INFO, `name:value`.
    package func info(_ section: String) throws(RedisError) -> [String: String] {
        let reply = try command(["INFO", section])
        guard let text = reply.text else {
            throw RedisError(.malformed, "INFO answered \(reply.errorText ?? "no text")")
        }
        var fields: [String: String] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            guard let colon = line.firstIndex(of: ":") else { continue }
            fields[String(line[..<colon])] = String(line[line.index(after: colon)...])
        }
        return fields
    }
}

// Where a source of `observe` is asked, and whether it may be: as load, so are scrapes sent to
// loopback and to what the run's rule allows, and nowhere else (fleet.md 10). Asked again of the
// resolved address of each connection.

package import Foundation
package import HarnessCore
package import ScenarioModel

package struct ObserveEndpoint: Sendable, Equatable {
    package let source: ObserveSource
    package let url: URL

    /// - Parameter target: base URL of the system under test; a url without a host is the target's
    ///   origin with that path, whatever path the target has itself.
    /// - Throws: `CommandFailure` 104 with the document's place, where the url cannot be used.
    package init(
        _ source: ObserveSource, target: String
    ) throws(CommandFailure) {
        self.source = source
        func refusal(_ why: String) -> CommandFailure {
            let place = source.source
            return CommandFailure(
                .badConfiguration,
                "\(place.file):\(place.line): observe \(source.name): url \"\(source.url)\": \(why)"
            )
        }
        guard let base = URL(string: target), let given = URL(string: source.url, relativeTo: base)
        else { throw refusal("expected http://HOST:PORT/PATH or /PATH") }
        let url = given.absoluteURL
        guard url.scheme?.lowercased() == "http", let host = url.host, !host.isEmpty else {
            throw refusal("expected http://HOST:PORT/PATH or /PATH; https is not scraped yet")
        }
        guard url.user == nil, url.password == nil else {
            throw refusal("user names in it would end up in reports")
        }
        self.url = url
    }
}

extension Scenario {
    /// One for each source.
    ///
    /// - Parameter target: nil: the bundled engine, which will be on loopback.
    package func observeEndpoints(target: String?) throws(CommandFailure) -> [ObserveEndpoint] {
        var endpoints: [ObserveEndpoint] = []
        for source in observe {
            endpoints.append(
                try ObserveEndpoint(source, target: target ?? "http://127.0.0.1"))
        }
        return endpoints
    }
}

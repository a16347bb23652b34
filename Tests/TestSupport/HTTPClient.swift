// A small blocking HTTP client for tests.

import Dispatch
import Foundation
import FoundationNetworking
import Synchronization

/// Sends one request and waits for the answer. Status 0: no answer (refused, reset, cut).
package final class HTTPClient: Sendable {
    private let session: URLSession
    private let base: String

    package init(_ base: String) {
        self.base = base
        let configuration = URLSessionConfiguration.ephemeral
        configuration.timeoutIntervalForRequest = 20
        configuration.httpMaximumConnectionsPerHost = 8
        session = URLSession(configuration: configuration)
    }

    package func send(
        _ method: String, _ path: String, account: String? = nil, json: String? = nil,
        headers: [String: String] = [:]
    ) -> (status: Int, body: String) {
        guard let url = URL(string: base + path) else { return (0, "no URL") }
        var request = URLRequest(url: url)
        request.httpMethod = method
        if let account { request.setValue(account, forHTTPHeaderField: "X-MBX-APIKEY") }
        if let json {
            request.httpBody = Data(json.utf8)
            request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        }
        for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
        let done = DispatchSemaphore(value: 0)
        let result = Mutex((status: 0, body: ""))
        let task = session.dataTask(with: request) { data, response, error in
            let status = (response as? HTTPURLResponse)?.statusCode ?? 0
            let body = error.map { "\($0)" } ?? String(decoding: data ?? Data(), as: UTF8.self)
            result.withLock { $0 = (error == nil ? status : 0, body) }
            done.signal()
        }
        task.resume()
        done.wait()
        return result.withLock { $0 }
    }
}

// A headless Chromium for tests, spoken to by the DevTools protocol over two pipes
// (--remote-debugging-pipe: JSON messages that end with a zero byte). One page. What the page
// complains about is kept.
//
//     guard let browser = try HeadlessBrowser.start() else { return }   // no Chromium here
//     try browser.open(url, width: 400, height: 800, dark: true)
//     try browser.evaluate("document.title")
//     #expect(browser.complaints == [])

import Foundation
import Glibc
import Synchronization

package final class HeadlessBrowser: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }
    private struct Inbox {
        var answers: [Int: String] = [:]
        var nextID = 1
        var complaints: [String] = []
        var session = ""
    }
    private final class Shared: Sendable {
        let inbox = Mutex(Inbox())
        let changed = DispatchSemaphore(value: 0)
    }
    private let program: RunningProgram
    private let folder: TemporaryDirectory
    private let shared = Shared()
    /// To the browser, and from it.
    private let writing: Int32
    private let reading: Int32

    /// Nil where there is no Chromium.
    package static func start() throws -> HeadlessBrowser? {
        let path = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
            .first { FileManager.default.isExecutableFile(atPath: $0) }
        return try path.map { try HeadlessBrowser(executable: $0) }
    }

    private init(executable: String) throws {
        folder = try TemporaryDirectory()
        let (input, output) = (folder.path + "/in", folder.path + "/out")
        guard mkfifo(input, 0o600) == 0, mkfifo(output, 0o600) == 0 else {
            throw Failure(description: "mkfifo: errno \(errno)")
        }
        writing = Glibc.open(input, O_RDWR | O_CLOEXEC)
        reading = Glibc.open(output, O_RDWR | O_CLOEXEC)
        // Root needs --no-sandbox; /dev/shm is small in containers.
        program = try RunningProgram(
            URL(fileURLWithPath: "/bin/sh"),
            [
                "-c", "exec \"$@\" 3<\"$IN\" 4>\"$OUT\"", "sh", executable, "--headless=new",
                "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                "--hide-scrollbars", "--disable-background-networking", "--remote-debugging-pipe",
                "--user-data-dir=" + folder.path + "/profile", "about:blank",
            ],
            environment: ["IN": input, "OUT": output, "HOME": folder.path])
        let (descriptor, shared) = (reading, shared)
        Thread.detachNewThread { Self.listen(descriptor, shared) }
    }

    deinit {
        // Losing the errors is right: it is killed where it does not listen.
        _ = try? call("Browser.close", [:])
        _ = program.exitCode(within: 5)
        close(writing)
        // An empty message ends the listening thread, which closes its end.
        _ = Glibc.write(reading, [0], 1)
    }

    /// Errors on the page's console, exceptions, resources that did not load.
    package var complaints: [String] { shared.inbox.withLock { $0.complaints } }

    package func open(_ url: String, width: Int, height: Int, dark: Bool) throws {
        let target = try call("Target.createTarget", ["url": "about:blank"])
        let attached = try call(
            "Target.attachToTarget",
            ["targetId": target["targetId"] as? String ?? "", "flatten": true])
        shared.inbox.withLock { $0.session = attached["sessionId"] as? String ?? "" }
        for domain in ["Page", "Runtime", "Log"] { try onPage("\(domain).enable") }
        try resize(width: width, height: height, dark: dark)
        let answer = try onPage("Page.navigate", ["url": url])
        if let error = answer["errorText"] as? String {
            throw Failure(description: "\(url): \(error)")
        }
    }

    package func resize(width: Int, height: Int, dark: Bool) throws {
        try onPage(
            "Emulation.setDeviceMetricsOverride",
            ["width": width, "height": height, "deviceScaleFactor": 1, "mobile": false])
        try onPage(
            "Emulation.setEmulatedMedia",
            ["features": [["name": "prefers-color-scheme", "value": dark ? "dark" : "light"]]])
    }

    /// The value of a JavaScript expression as text; `undefined` and null are empty.
    package func evaluate(_ expression: String) throws -> String {
        let answer = try onPage(
            "Runtime.evaluate", ["expression": "String((\(expression)) ?? '')"])
        guard let result = answer["result"] as? [String: Any], answer["exceptionDetails"] == nil,
            let value = result["value"] as? String
        else { throw Failure(description: "\(expression): \(answer)") }
        return value
    }

    /// Waits until an expression is true; false where it is not within `seconds`.
    package func waits(upTo seconds: Double, until expression: String) throws -> Bool {
        let deadline = Date().addingTimeInterval(seconds)
        while try evaluate("Boolean(\(expression))") != "true" {
            if Date() > deadline { return false }
            usleep(50_000)
        }
        return true
    }

    /// A PNG of the whole page.
    package func screenshot(to path: String) throws {
        let answer = try onPage(
            "Page.captureScreenshot", ["format": "png", "captureBeyondViewport": true])
        let bytes = (answer["data"] as? String).flatMap { Data(base64Encoded: $0) }
        try bytes?.write(to: URL(fileURLWithPath: path))
    }

    // MARK: - The protocol

    @discardableResult
    private func onPage(_ method: String, _ parameters: [String: Any] = [:]) throws
        -> [String: Any]
    {
        try call(method, parameters, session: shared.inbox.withLock { $0.session })
    }

    private func call(
        _ method: String, _ parameters: [String: Any], session: String? = nil
    ) throws -> [String: Any] {
        let id = shared.inbox.withLock { inbox in
            defer { inbox.nextID += 1 }
            return inbox.nextID
        }
        var message: [String: Any] = ["id": id, "method": method, "params": parameters]
        if let session { message["sessionId"] = session }
        var bytes = [UInt8](try JSONSerialization.data(withJSONObject: message)) + [0]
        while !bytes.isEmpty {
            let n = Glibc.write(writing, bytes, bytes.count)
            guard n > 0 else { throw Failure(description: "\(method): errno \(errno)") }
            bytes.removeFirst(n)
        }
        let deadline = Date().addingTimeInterval(30)
        while Date() < deadline {
            if let text = shared.inbox.withLock({ $0.answers.removeValue(forKey: id) }) {
                return try Self.result(of: text, method)
            }
            _ = shared.changed.wait(timeout: .now() + .milliseconds(100))
        }
        throw Failure(description: "\(method): no answer in 30 s\n\(program.output)")
    }

    private static func result(of text: String, _ method: String) throws -> [String: Any] {
        let message = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        if let error = message?["error"] { throw Failure(description: "\(method): \(error)") }
        return message?["result"] as? [String: Any] ?? [:]
    }

    private static func listen(_ descriptor: Int32, _ shared: Shared) {
        var rest: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 65_536)
        while case let n = read(descriptor, &part, part.count), n > 0 {
            rest += part[..<n]
            while let end = rest.firstIndex(of: 0) {
                let message = Array(rest[..<end])
                rest.removeSubrange(...end)
                // An empty message comes from `deinit`.
                if message.isEmpty {
                    close(descriptor)
                    return
                }
                take(message, shared)
            }
        }
    }

    private static func take(_ bytes: [UInt8], _ shared: Shared) {
        // Losing the error is right: what is no JSON answers nothing.
        guard
            let message = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
        else { return }
        shared.inbox.withLock { inbox in
            if let id = message["id"] as? Int {
                inbox.answers[id] = String(decoding: bytes, as: UTF8.self)
            } else if let text = complaint(message) {
                inbox.complaints.append(text)
            }
        }
        shared.changed.signal()
    }

    private static func complaint(_ message: [String: Any]) -> String? {
        let parameters = message["params"] as? [String: Any] ?? [:]
        switch message["method"] as? String {
        case "Runtime.exceptionThrown": return "exception: \(parameters)"
        case "Runtime.consoleAPICalled":
            let kind = parameters["type"] as? String
            return kind == "error" || kind == "assert" ? "console: \(parameters)" : nil
        case "Log.entryAdded":
            let entry = parameters["entry"] as? [String: Any] ?? [:]
            guard entry["level"] as? String == "error" else { return nil }
            return "log: \(entry["text"] ?? "") \(entry["url"] ?? "")"
        default: return nil
        }
    }
}

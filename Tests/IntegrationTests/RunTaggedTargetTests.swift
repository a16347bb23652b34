// Thresholds on tags, over a whole run: agents, deltas, collector, judge. What they saw is compared
// with what the target knows it answered.

import Foundation
import HarnessCore
import TestSupport
import Testing

@Suite struct RunTaggedTargetTests {
    private static let scenario = """
        name: tagged
        target: ${TARGET:-}
        engine: { accounts: 2 }
        tags: { team: a }
        defaults: { timeout: 5s, maxWait: 5s }
        scenarios:
          one:
            executor: constant-arrival-rate
            exec: one
            rate: 50
            duration: 2s
            preAllocatedVUs: 10
            maxVUs: 10
            gracefulStop: 5s
            tags: { team: b }
          two:
            executor: constant-arrival-rate
            exec: two
            rate: 50
            duration: 2s
            preAllocatedVUs: 10
            maxVUs: 10
            gracefulStop: 5s
        flows:
          one: [{ get: { name: plain, url: /one, tags: { kind: k } } }]
          two:
            - group:
                name: g
                steps: [{ post: { name: in, url: /two, rejects: [409], check: { status: 200 } } }]
        thresholds:
          "http_reqs{status:503,method:GET}": count>=0
          "http_req_duration{status:503}": max>=0
          "http_reqs{group:::g}": count>=0
          "http_reqs{kind:k}": count>=0
          "http_reqs{team:a,proto:HTTP/1.1}": count>=0
          "iterations{team:b}": count>=0
          "http_reqs{error_code:1220}": count>=0
          "http_reqs{error:reset,team:b}": count>=0
          "http_reqs{error_code:1503,group:::g}": count>=0
          "checks{check:status,status:409}": rate>=0
          "http_req_rejected{reject_code:-2010,method:POST}": rate>=0
          "http_req_duration{tls_version:tls1.3}": max>=0
        """

    @Test func everySelectorSeesItsOwn() throws {
        // Of ten: one 503, one connection reset; of the posts one reject.
        let server = try ScriptedServer { request in
            var reply = ScriptedServer.Reply()
            switch request.number % 10 {
            case 3: reply.status = 503
            case 7: reply.ending = .reset
            case 5 where request.path == "/two":
                reply.status = 409
                reply.body = Array(#"{"code": -2010, "msg": "no"}"#.utf8)
            default: break
            }
            return reply
        }
        let run = try RunTrial(Self.scenario, ["--agents", "2", "--target", server.url])
        let code = run.exitCode()
        let summary = try run.summary()
        #expect(code == summary.exitCode, "\(run.output)")
        #expect(summary.contradictions == [])
        func seen(_ path: String? = nil, _ matches: (Int) -> Bool = { _ in true }) -> Double {
            Double(
                server.requests.count {
                    (path == nil || $0.path == path) && matches($0.number % 10)
                })
        }
        func observed(_ name: String) -> Double? {
            summary.criteria.first { $0.name.hasPrefix(name + " ") }?.observed
        }
        #expect(observed("http_reqs{status:503,method:GET}") == seen("/one") { $0 == 3 })
        #expect(try #require(observed("http_req_duration{status:503}")) > 0)
        #expect(observed("http_reqs{group:::g}") == seen("/two"))
        #expect(observed("http_reqs{kind:k}") == seen("/one"))
        #expect(
            observed("http_reqs{team:a,proto:HTTP/1.1}") == seen("/two") { $0 != 7 },
            "a reset has no protocol")
        #expect(observed("iterations{team:b}") == seen("/one"))
        #expect(observed("http_reqs{error_code:1220}") == seen { $0 == 7 })
        #expect(observed("http_reqs{error:reset,team:b}") == seen("/one") { $0 == 7 })
        #expect(observed("http_reqs{error_code:1503,group:::g}") == seen("/two") { $0 == 3 })
        #expect(observed("checks{check:status,status:409}") == 0, "each of them failed")
        #expect(observed("http_req_rejected{reject_code:-2010,method:POST}") == 1)
        #expect(observed("http_req_duration{tls_version:tls1.3}") == nil, "no TLS here")
        let rejects = summary.count(
            "http_req_rejected",
            ["scenario": "two", "name": "in", "rate": "true", "reject_code": "-2010"])
        #expect(Double(rejects) == seen("/two") { $0 == 5 })
        #expect(run.leavesNoOrphans, "\(run.children)")
    }
}

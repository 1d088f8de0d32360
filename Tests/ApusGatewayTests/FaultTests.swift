// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusCore
import ApusHTTP
import ApusResilience
import ApusRuntime
import ApusTesting
import ApusYAML
import TestSupport
import Testing

@testable import ApusGateway

@Suite("Faults that are injected on purpose")
struct FaultTests {
    private func good(_ body: String = "good") -> Responding {
        Responding { _ in HTTPResponse(status: .ok, headers: [:], body: HTTPBody(body)) }
    }

    @Test("an abort is what the instance seems to have answered: the breaker sees it, others aren't hit")
    func abort() async throws {
        try await withGateway(servers: [good()]) {
            oneService(["\($0[0])"], service: "breaker: { consecutiveFailures: 3, openFor: 1h }")
        } _: { (gateway, servers) async throws in
            let match = FaultMatch(target: "client:users", method: "GET", path: "/hit")
            try gateway.gateway.faults.arm(
                FaultRule("down", .abort(FaultAbort(status: 500)), match: match), for: .seconds(60))
            #expect(try await gateway.send(.get, "/other").status == 200)
            let response = try await gateway.send(.get, "/hit")
            #expect(response.status == 500)
            #expect(try await gateway.problem(response)["code"] as? String == "unexpected_status")
            for _ in 0..<2 { #expect(try await gateway.send(.get, "/hit").status == 500) }
            #expect(try await gateway.send(.get, "/hit").status == 503)
            #expect(gateway.gateway.faults.injected == 3)
            gateway.gateway.faults.disarmAll()
            #expect(servers[0].connections == 1)
        }
    }

    @Test("retries make up for what is aborted")
    func retried() async throws {
        try await withGateway(servers: [good()]) {
            oneService(["\($0[0])"], route: "retry: { attempts: 10, backoff: { base: 1ms, max: 1ms } }")
        } _: { (gateway, _) async throws in
            try gateway.gateway.faults.arm(
                FaultRule("half", .abort(FaultAbort(status: 503)), share: 0.5), for: .seconds(60))
            for _ in 0..<20 { #expect(try await gateway.send(.get, "/").status == 200) }
            #expect(gateway.gateway.faults.injected > 0)
        }
    }

    @Test("a latency ends with the deadline")
    func latency() async throws {
        try await withGateway(servers: [good()]) {
            oneService(["\($0[0])"], route: "timeout: 300ms")
        } _: { (gateway, servers) async throws in
            let short = Duration.milliseconds(20)
            try gateway.gateway.faults.arm(FaultRule("later", .latency(short...short)), for: .seconds(60))
            let start = Instant.now
            #expect(try await gateway.send(.get, "/").status == 200)
            #expect(start.duration(to: .now) >= short)
            let long = Duration.seconds(60)
            try gateway.gateway.faults.arm(FaultRule("later", .latency(long...long)), for: .seconds(60))
            let response = try await gateway.send(.get, "/")
            #expect(response.status == 504)
            #expect(try await gateway.problem(response)["stage"] as? String == "response")
            let candidate = gateway.gateway.box.current.services[0].instances[0].candidate
            #expect(candidate.inFlight == 0)
            #expect(servers[0].connections == 1)
        }
    }

    @Test("a dropped connection is one that breaks off after the instance has answered")
    func dropped() async throws {
        let answered = Shared(0)
        let counting = Responding { _ in
            answered.update { $0 += 1 }
            return HTTPResponse(status: .ok, headers: [:], body: .empty)
        }
        try await withGateway(servers: [counting]) {
            oneService(["\($0[0])"])
        } _: { (gateway, _) async throws in
            try gateway.gateway.faults.arm(FaultRule("lost", .droppedConnection), for: .seconds(60))
            let response = try await gateway.send(.post, "/", body: HTTPBody("x"))
            #expect(response.status == 502)
            #expect(try await gateway.problem(response)["code"] as? String == "connection_lost")
            #expect(answered.value == 1)
        }
    }

    @Test("a slow body comes whole, and takes its time")
    func slowBody() async throws {
        let text = String(repeating: "x", count: 4_000)
        try await withGateway(servers: [good(text)]) {
            oneService(["\($0[0])"])
        } _: { (gateway, _) async throws in
            try gateway.gateway.faults.arm(FaultRule("drip", .slowBody(bytesPerSecond: 20_000)), for: .seconds(60))
            let start = Instant.now
            #expect(try await gateway.send(.get, "/").text() == text)
            #expect(start.duration(to: .now) >= .milliseconds(150))
            try await eventually("the end") { gateway.logLines.count == 1 }
            #expect(gateway.logLines[0].contains("\"status\":200"))
        }
    }

    @Test("a document of faults is read strictly, every problem with its place")
    func document() throws {
        func read(_ text: String) -> (rules: [FaultRule]?, problems: [String]) {
            let problems = ProblemCollector(file: "faults")
            let rules = FaultsDocument.gateway.read(text, problems)?.rules
            return (rules, problems.sorted.map(\.description))
        }
        let good = read(
            """
            {"for": "30s", "rules": [
              {"name": "a", "latency": {"min": "1ms", "max": "5ms"}, "share": 0.5, "match": {"service": "users"}},
              {"name": "b", "abort": 503, "match": {"route": "r", "method": "GET", "header": {"name": "X-A", "value": "1"}}},
              {"name": "c", "drop": true, "match": {"path": "/v1/**"}}, {"name": "d", "slowBody": 10}
            ]}
            """)
        #expect(good.problems.isEmpty && good.rules?.count == 4)
        #expect(good.rules?.first?.match.target == "client:users" && good.rules?.first?.share == 0.5)
        for (text, expected) in [
            ("", "faults:1:1: faults are a JSON object with 'for' and 'rules'"),
            ("{", "faults:2:1: not YAML"),
            (#"{"for": "2h", "rules": []}"#, "faults:1:9: 'for' must be a duration from 1ms to 1h"),
            (#"{"for": "1s"}"#, "faults:1:1: the request has no 'rules'"),
            (#"{"for": "1s", "rules": [{"name": "a"}]}"#, "must have one of"),
            (#"{"for": "1s", "rules": [{"name": "a", "abort": 503, "drop": true}]}"#, "has 2"),
            (#"{"for": "1s", "rules": [{"name": "a", "abort": 200}]}"#, "from 400 to 599"),
            (#"{"for": "1s", "rules": [{"name": "a", "drop": true, "sahre": 1}]}"#, "did you mean 'share'?"),
            (#"{"for": "1s", "rules": [{"name": "a", "latency": {"min": "5ms", "max": "1ms"}}]}"#, "at least 'min'"),
            (#"{"for": "1s", "rules": [{"name": "a", "drop": true, "match": {"path": "v1"}}]}"#, "begin with a slash"),
        ] {
            let result = read(text)
            #expect(result.rules == nil)
            #expect(result.problems.contains { $0.contains(expected) }, "\(text): \(result.problems)")
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusHTTP
import ApusResilience
import ApusRuntime
import ApusService
import ApusTelemetry
import ApusTesting
import NIOCore
import Synchronization
import Testing

@Suite("A service that is offered too much", .timeLimit(.minutes(3)), .serialized)
struct OverloadTests {
    @Test(
        "does at five times its capacity nine tenths of what it can, soon, what matters most first, and stays healthy")
    func overloaded() async throws {
        try await OverloadedService.with { (service) async throws in
            // As much as it can do: two connections, one of which always waits.
            let peak = try await service.load([OverloadedService.Clients(2, of: .normal)], units: 40)
            #expect(peak.refused == 0)

            let clients = [
                OverloadedService.Clients(4, of: .high, every: .milliseconds(400)),
                OverloadedService.Clients(20, of: .normal, every: .milliseconds(400)),
                OverloadedService.Clients(56, of: .sheddable, every: .milliseconds(400)),
            ]
            let load = try await service.load(clients, units: 150)
            #expect(load.answered > 3 * load.served, "\(load)")
            #expect(load.unitsPerSecond >= 0.9 * peak.unitsPerSecond, "\(load), at the peak \(peak)")
            // In turn, each would wait for nearly all of the 80 connections.
            #expect(load.wait(of: 0.5) <= 30 && load.wait(of: 0.99) <= 60, "\(load)")
            #expect(load.share(of: .high) >= 0.9, "\(load)")
            #expect(load.share(of: .sheddable) <= 0.2, "\(load)")
            #expect(load.share(of: .sheddable) <= load.share(of: .normal), "\(load)")
            #expect(load.healthy > 0 && load.unhealthy == 0, "\(load)")

            try await eventually("the least important are served again") {
                try await service.get("/sheddable").status == .ok
            }
        }
    }

    @Test("without load shedding lets all wait for all")
    func off() async throws {
        try await OverloadedService.with(shedsLoad: false) { (service) async throws in
            let clients = OverloadedService.Clients(80, of: .sheddable, every: .milliseconds(400))
            let load = try await service.load([clients], units: 60)
            #expect(load.refused == 0)
            #expect(load.wait(of: 0.5) > 40, "\(load)")
        }
    }

    @Test("sheds by default, and not if the settings say so", arguments: [nil, "on", "off"])
    func settings(value: String?) async throws {
        try await RunningProgram.with(value.map { ["LOAD_SHEDDING": $0] } ?? [:]) { (program) async throws in
            let isCounted = try await program.get("/metrics").body.contains("apus_server_shed_total{")
            #expect(isCounted == (value != "off"))
        }
    }

    @Test("says why, when to return and by which id, without waiting for the body, and counts it")
    func refusal() async throws {
        try await OverloadedService.with { (service) async throws in
            let clients = [OverloadedService.Clients(40, of: .sheddable, every: .milliseconds(200))]
            // A body that never comes: whoever waits for it runs into the deadline.
            let silence = HTTPBody(length: 13) { _ in
                let (never, continuation) = AsyncStream.makeStream(of: Void.self)
                for await _ in never {}
                continuation.finish()
                throw CancellationError()
            }
            var seen: (HTTPResponse, String)?
            try await service.during(clients) {
                try await eventually("one is refused", within: .seconds(30)) {
                    let request = HTTPRequest(
                        .post, "/upload", headers: [.contentType: "application/json", "Apus-Timeout-Ms": "300"],
                        body: silence)
                    let response = try await service.send(request)
                    guard response.status == .serviceUnavailable else { return false }
                    seen = (response, String(buffer: try await response.body.collect(upTo: 1 << 16)))
                    return true
                }
            }
            let (response, body) = try #require(seen)
            #expect(response.headers[.contentType] == "application/problem+json")
            #expect(response.headers[.retryAfter].flatMap { Int($0) } ?? 0 >= 1)
            let id = try #require(response.headers[.requestID])
            #expect(body.contains(#""code":"overloaded""#) && body.contains(#""stage":"admission""#))
            #expect(body.contains(#""requestId":"\#(id)""#) && body.contains(#""instance":"/upload""#))
            let metrics = service.metrics()
            #expect(metrics.contains(#"apus_server_shed_total{priority="sheddable",reason="queueing_delay"} "#))
            #expect(!metrics.contains(#"apus_server_shed_total{priority="sheddable",reason="queueing_delay"} 0\#n"#))
            let lines = service.lines(with: #""status":503,"#)
            #expect(!lines.isEmpty && lines.allSatisfy { $0.contains(#""level":"info""#) })
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Synchronization
import Testing

@Suite("A fault injector around calls", .timeLimit(.minutes(1)))
struct FaultInjectorTests {
    private let time = SteppedTime()
    private let calls = CallCount()

    private func endpoint(_ injector: FaultInjector) -> some Endpoint<String, String> {
        FunctionEndpoint<String, String> { [calls] (request, _) throws(CallFailure) in
            calls.add()
            return request
        }.injectingFaults(injector, slowing: { response, rate in "\(response) at \(rate)" }) { request in
            FaultCall(target: "client:users", path: request)
        }
    }

    private func injector(_ rules: FaultRule...) throws -> FaultInjector {
        let injector = FaultInjector(time: time.source, random: FastRandom(seed: 1))
        for rule in rules { try injector.arm(rule, for: .seconds(60)) }
        return injector
    }

    @Test("makes the call and asks nothing while nothing is armed")
    func unarmed() async throws {
        let injector = try injector()
        let endpoint = FunctionEndpoint<String, String> { (request, _) throws(CallFailure) in request }
            .injectingFaults(injector) { request in
                Issue.record("described \(request)")
                return FaultCall(target: "client:users")
            }
        #expect(try await endpoint.call("/a", in: CallContext()) == "/a")
        #expect(injector.decide(FaultCall(target: "x")).isEmpty)
        #expect(!injector.mayInject)
    }

    @Test("aborts with the code and the status that were asked for, without making the call")
    func aborts() async throws {
        let injector = try injector(
            FaultRule("busy", .abort(FaultAbort(status: 503)), match: FaultMatch(path: "/busy")),
            FaultRule("down", .abort(FaultAbort(code: .connectFailed, status: nil)), match: FaultMatch(path: "/down")))
        let endpoint = endpoint(injector)
        let busy = await #expect(throws: CallFailure.self) { try await endpoint.call("/busy", in: CallContext()) }
        #expect(busy?.code == .unexpectedStatus)
        #expect(busy?.status == 503)
        #expect(busy?.stage == .response)
        let down = await #expect(throws: CallFailure.self) { try await endpoint.call("/down", in: CallContext()) }
        #expect(down?.code == .connectFailed)
        #expect(down?.mayHaveReachedPeer == false)
        #expect(calls.count == 0)
        #expect(try await endpoint.call("/fine", in: CallContext()) == "/fine")
        #expect(injector.injected == 2)
    }

    @Test("drops the connection after the call was made")
    func drops() async throws {
        let endpoint = endpoint(try injector(FaultRule("lost", .droppedConnection)))
        let failure = await #expect(throws: CallFailure.self) { try await endpoint.call("/a", in: CallContext()) }
        #expect(failure?.code == .connectionLost)
        #expect(failure?.mayHaveReachedPeer == true)
        #expect(calls.count == 1)
    }

    @Test("slows the body if it is told how")
    func slows() async throws {
        let endpoint = endpoint(try injector(FaultRule("slow", .slowBody(bytesPerSecond: 50))))
        #expect(try await endpoint.call("/a", in: CallContext()) == "/a at 50")
    }

    @Test("makes the call later by the latency")
    func latency() async throws {
        let endpoint = endpoint(try injector(FaultRule("late", .latency(.seconds(2) ... .seconds(2)))))
        let task = Task { try await endpoint.call("/a", in: CallContext()) }
        await eventually { time.waiting == 1 }
        time.advance(by: .seconds(1))
        #expect(calls.count == 0)
        time.advance(by: .seconds(1))
        #expect(try await task.value == "/a")
    }

    @Test("ends a latency with the deadline, and with a cancellation")
    func latencyEnds() async throws {
        let endpoint = endpoint(try injector(FaultRule("late", .latency(.seconds(2) ... .seconds(2)))))
        let context = CallContext(deadline: time.now.advanced(by: .milliseconds(500)))
        let timedOut = Task { try await endpoint.call("/a", in: context) }
        await eventually { time.waiting == 1 }
        time.advance(by: .milliseconds(500))
        let failure = await #expect(throws: CallFailure.self) { try await timedOut.value }
        #expect(failure?.code == .deadlineExceeded)
        #expect(failure.map { CallOutcome($0) } == .failure, "as a slow peer would be")
        let cancelled = Task { try await endpoint.call("/a", in: CallContext()) }
        await eventually { time.waiting == 1 }
        cancelled.cancel()
        let other = await #expect(throws: CallFailure.self) { try await cancelled.value }
        #expect(other?.code == .cancelled)
        #expect(calls.count == 0)
    }

    @Test("is off again when all rules have expired or were taken back")
    func expires() async throws {
        let injector = try injector(FaultRule("a", .droppedConnection), FaultRule("b", .droppedConnection))
        #expect(injector.armed.map(\.rule.name) == ["a", "b"])
        #expect(injector.disarm("a"))
        #expect(injector.mayInject)
        time.advance(by: .seconds(60))
        #expect(injector.decide(FaultCall(target: "x")).isEmpty)
        #expect(!injector.mayInject, "the call has noticed it")
        #expect(injector.armed.isEmpty)
        try injector.arm(FaultRule("c", .droppedConnection), for: .seconds(1))
        #expect(injector.decide(FaultCall(target: "x")) == [.droppedConnection])
        injector.disarmAll()
        #expect(!injector.mayInject)
    }

    @Test("serves the database, the cache and the broker by their targets")
    func targets() throws {
        let injector = try injector(
            FaultRule(
                "db", .latency(.seconds(1) ... .seconds(1)), match: FaultMatch(target: "database", operation: "INSERT")),
            FaultRule("rest", .droppedConnection, match: FaultMatch(target: "cache")))
        #expect(injector.decide(FaultCall(target: "database", operation: "INSERT")) == [.latency(.seconds(1))])
        #expect(injector.decide(FaultCall(target: "database", operation: "SELECT")).isEmpty)
        #expect(injector.decide(FaultCall(target: "cache", operation: "GET")) == [.droppedConnection])
        #expect(injector.decide(FaultCall(target: "broker")).isEmpty)
    }

    @Test("counts every fault while rules are armed and disarmed by other threads")
    func contended() async throws {
        let injector = try injector()
        let seen = CallCount()
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    for index in 0..<1_000 {
                        if worker == 0 {
                            do {
                                try injector.arm(FaultRule("r\(index % 3)", .droppedConnection), for: .seconds(1))
                            } catch {
                                Issue.record(error)
                            }
                        } else if worker == 1 {
                            injector.disarm("r\(index % 3)")
                        } else {
                            for _ in injector.decide(FaultCall(target: "x")) { seen.add() }
                        }
                    }
                }
            }
        }
        #expect(injector.injected == UInt64(seen.count))
    }
}

/// Counts calls from any thread.
private final class CallCount: Sendable {
    private let number = Atomic<Int>(0)

    var count: Int { number.load(ordering: .sequentiallyConsistent) }

    func add() { number.add(1, ordering: .sequentiallyConsistent) }
}

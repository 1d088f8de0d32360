// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Testing

@Suite("Calls with a deadline", .timeLimit(.minutes(1)))
struct DeadlineLayerTests {
    private let time = SteppedTime()

    @Test("get one if they have none")
    func none() async throws {
        let endpoint = ScriptedEndpoint(.answers(1))
        let layer = endpoint.deadline(atMost: .seconds(3), time: time.source)
        #expect(try await layer.call(ScriptedRequest(), in: CallContext()) == 1)
        #expect(endpoint.contexts.map(\.deadline) == [time.now.advanced(by: .seconds(3))])
    }

    @Test("keep an earlier one and never get a later one", arguments: [(1, 1), (3, 3), (5, 3)])
    func narrows(_ inherited: Int, _ expected: Int) async throws {
        let endpoint = ScriptedEndpoint(.answers(1))
        let layer = endpoint.deadline(atMost: .seconds(3), time: time.source)
        let context = CallContext(deadline: time.now.advanced(by: .seconds(inherited)))
        _ = try await layer.call(ScriptedRequest(), in: context)
        #expect(endpoint.contexts.map(\.deadline) == [time.now.advanced(by: .seconds(expected))])
    }

    @Test("keep a margin of what they inherit, but not of their own")
    func margin() async throws {
        var configuration = DeadlineConfiguration()
        configuration.atMost = .seconds(3)
        configuration.margin = .milliseconds(100)
        let endpoint = ScriptedEndpoint(.answers(1), .answers(1))
        let layer = endpoint.deadline(configuration, time: time.source)
        let context = CallContext(deadline: time.now.advanced(by: .seconds(1)))
        _ = try await layer.call(ScriptedRequest(), in: context)
        _ = try await layer.call(ScriptedRequest(), in: CallContext())
        #expect(
            endpoint.contexts.map(\.deadline)
                == [time.now.advanced(by: .milliseconds(900)), time.now.advanced(by: .seconds(3))])
    }

    @Test("are not begun when no time is left", arguments: [-1, 0])
    func expired(_ left: Int) async throws {
        let counters = DeadlineCounters()
        let endpoint = ScriptedEndpoint(.answers(1))
        for cuttingOff in [false, true] {
            let layer = endpoint.deadline(
                atMost: .seconds(3), cuttingOff: cuttingOff, counters: counters, time: time.source)
            let context = CallContext(deadline: time.now.advanced(by: .seconds(left)))
            let failure = await layer.failure(of: ScriptedRequest(), in: context)
            #expect(failure?.code == .deadlineExceeded)
            #expect(failure?.stage == .admission)
            #expect(failure?.mayHaveReachedPeer == false)
        }
        #expect(endpoint.calls == 0)
        #expect(counters.statistics.refused == 2)
    }

    @Test("are not begun when less is left than they need")
    func needed() async throws {
        var configuration = DeadlineConfiguration()
        configuration.needed = .milliseconds(50)
        let endpoint = ScriptedEndpoint(.answers(1))
        let layer = endpoint.deadline(configuration, time: time.source)
        let short = CallContext(deadline: time.now.advanced(by: .milliseconds(49)))
        #expect(await layer.failure(of: ScriptedRequest(), in: short)?.stage == .admission)
        let enough = CallContext(deadline: time.now.advanced(by: .milliseconds(50)))
        #expect(try await layer.call(ScriptedRequest(), in: enough) == 1)
    }

    @Test("are cut off at their deadline, and what goes on is cancelled and counted until it ends")
    func cutsOff() async throws {
        let counters = DeadlineCounters()
        let endpoint = HeldEndpoint(heedingCancellation: false)
        let layer = endpoint.deadline(atMost: .seconds(3), cuttingOff: true, counters: counters, time: time.source)
        let call = Task { await layer.failure(of: ScriptedRequest()) }
        await time.sleepers(1)
        time.advance(by: .seconds(3))
        let failure = await call.value
        #expect(failure?.code == .deadlineExceeded)
        #expect(failure?.stage == .response)
        #expect(failure?.mayHaveReachedPeer == true)
        await endpoint.cancelled(1)
        #expect(counters.statistics.cutOff == 1)
        #expect(counters.statistics.stragglers == 1)
        endpoint.end(1, .success(1))
        while counters.statistics.stragglers > 0 { await Task.yield() }
    }

    @Test("that end in time are not cut off, and leave no timer behind")
    func inTime() async throws {
        let counters = DeadlineCounters()
        let endpoint = HeldEndpoint()
        let layer = endpoint.deadline(atMost: .seconds(3), cuttingOff: true, counters: counters, time: time.source)
        let call = Task { await layer.failure(of: ScriptedRequest()) }
        await time.sleepers(1)
        endpoint.end(1, .failure(.lost))
        #expect(await call.value?.code == .connectionLost)
        #expect(counters.statistics.cutOff == 0)
        while time.waiting > 0 { await Task.yield() }
    }

    @Test("that need no waiting make no timer")
    func atOnce() async throws {
        let endpoint = ScriptedEndpoint(.answers(1))
        let layer = endpoint.deadline(atMost: .seconds(3), cuttingOff: true, time: time.source)
        #expect(try await layer.call(ScriptedRequest(), in: CallContext()) == 1)
        #expect(time.sleeps.isEmpty)
    }

    @Test("whose caller goes away are cancelled, not late")
    func cancelled() async throws {
        let counters = DeadlineCounters()
        let endpoint = HeldEndpoint(heedingCancellation: false)
        let layer = endpoint.deadline(atMost: .seconds(3), cuttingOff: true, counters: counters, time: time.source)
        let call = Task { await layer.failure(of: ScriptedRequest()) }
        await time.sleepers(1)
        call.cancel()
        #expect(await call.value?.code == .cancelled)
        await endpoint.cancelled(1)
        #expect(counters.statistics.cutOff == 0)
        endpoint.end(1, .success(1))
    }

    @Test("are rejected while too many that were cut off go on")
    func stragglers() async throws {
        let counters = DeadlineCounters(maximumStragglers: 1)
        let endpoint = HeldEndpoint(heedingCancellation: false)
        let layer = endpoint.deadline(atMost: .seconds(3), cuttingOff: true, counters: counters, time: time.source)
        let call = Task { await layer.failure(of: ScriptedRequest()) }
        await time.sleepers(1)
        time.advance(by: .seconds(3))
        _ = await call.value
        let failure = await layer.failure(of: ScriptedRequest())
        #expect(failure?.code == .overloaded)
        #expect(failure?.retryAfter != nil)
        #expect(endpoint.calls == 1)
        #expect(counters.statistics.rejected == 1)
        endpoint.end(1, .success(1))
    }

    @Test("may be tried again when their own time is up and the call's is not")
    func underRetries() async throws {
        let endpoint = HeldEndpoint(heedingCancellation: false)
        let retrier = try Retrier(time: time.source)
        let layer = endpoint.deadline(atMost: .seconds(1), cuttingOff: true, time: time.source)
            .retrying(with: retrier)
            .deadline(atMost: .seconds(60), time: time.source)
        let call = Task { await layer.failure(of: ScriptedRequest()) }
        await time.sleepers(1)
        time.advance(by: .seconds(1))
        await time.sleepers(1)
        time.advance(by: .seconds(1))
        await endpoint.began(2)
        endpoint.end(2, .success(2))
        #expect(await call.value == nil)
        #expect(retrier.statistics.retries == [.attemptTimeout: 1])
        endpoint.end(1, .success(1))
    }

    @Test("name the key of what is wrong with their configuration")
    func validates() {
        #expect(DeadlineConfiguration().validate().isEmpty)
        var configuration = DeadlineConfiguration()
        configuration.atMost = .zero
        configuration.margin = .seconds(-1)
        configuration.needed = .seconds(86_401)
        #expect(configuration.validate().map(\.key) == ["atMost", "margin", "needed"])
    }
}

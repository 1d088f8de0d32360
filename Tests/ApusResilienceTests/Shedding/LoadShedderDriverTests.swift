// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Testing

@Suite("A load shedder around calls", .timeLimit(.minutes(1)))
struct LoadShedderDriverTests {
    private let time = SteppedTime()

    private func shedder(inFlight: Int = 10_000) throws -> LoadShedder {
        var configuration = LoadShedderConfiguration()
        configuration.maximumInFlight = inFlight
        return try LoadShedder(configuration, time: time.source, random: FastRandom(seed: 1))
    }

    @Test("gives permits back when they are finished, when they go out of scope, and when they were never started")
    func permits() throws {
        let shedder = try shedder()
        let permit = try shedder.admit(.high)
        var queued = try shedder.admit(isQueued: true)
        #expect(shedder.statistics.inFlight == 2)
        #expect(shedder.statistics.waiting == 1)
        time.advance(by: .milliseconds(5))
        queued.start()
        queued.start()
        #expect(shedder.statistics.waiting == 0)
        permit.finish()
        queued.finish()
        func drop() throws { _ = try shedder.admit(isQueued: true) }
        try drop()
        #expect(shedder.statistics.inFlight == 0)
        #expect(shedder.statistics.waiting == 0)
        #expect(shedder.statistics.admittedTotal == 3)
        #expect(shedder.statistics.admitted(.high) == 1)
    }

    @Test("as a layer sheds by priority, with code, stage, reason and retryAfter")
    func layer() async throws {
        let shedder = try shedder(inFlight: 10)
        let endpoint = FunctionEndpoint<Int, Int> { (request, _) throws(CallFailure) in
            if request < 0 { throw CallFailure(.connectionLost, "", stage: .response, mayHaveReachedPeer: true) }
            return request
        }.shedding(shedder) { request, _ in request > 100 ? .critical : .normal }
        #expect(try await endpoint.call(1, in: CallContext()) == 1)
        await #expect(throws: CallFailure.self) { try await endpoint.call(-1, in: CallContext()) }
        var held: [PermitBox] = []
        for _ in 0..<8 { held.append(PermitBox(try shedder.admit())) }
        let failure = await #expect(throws: CallFailure.self) { try await endpoint.call(1, in: CallContext()) }
        #expect(failure?.code == .overloaded)
        #expect(failure?.stage == .admission)
        #expect(failure?.message.contains("in flight") == true)
        #expect((failure?.retryAfter ?? .zero) >= .seconds(1))
        #expect(failure?.mayHaveReachedPeer == false)
        #expect(try await endpoint.call(101, in: CallContext()) == 101)
        held.removeAll()
        #expect(shedder.statistics.inFlight == 0)
        #expect(shedder.statistics.shed(.normal) == 1)
    }

    @Test("loses no permit under contention, and exceeds no bound")
    func contended() async throws {
        let shedder = try shedder(inFlight: 20)
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    for index in 0..<2_000 {
                        do throws(CallFailure) {
                            var permit = try shedder.admit(.critical, isQueued: index % 2 == 0)
                            if index % 4 != worker % 4 { permit.start() }
                            shedder.observe(delay: .milliseconds(index % 50))
                            time.advance(by: .microseconds(100))
                            permit.finish()
                        } catch {
                            shedder.observe(cpu: 1)
                        }
                    }
                }
            }
        }
        let statistics = shedder.statistics
        #expect(statistics.inFlight == 0)
        #expect(statistics.waiting == 0)
        #expect(statistics.admittedTotal + statistics.shedTotal == 16_000)
    }
}

/// A permit that can lie in an array.
private final class PermitBox {
    private var permit: LoadShedderPermit?

    init(_ permit: consuming LoadShedderPermit) {
        self.permit = consume permit
    }
}

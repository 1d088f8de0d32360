// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Testing

@Suite("A load shedder under a simulated load")
struct LoadShedderSimulationTests {
    /// A server with so many workers and so much work in a request.
    struct Machine: Sendable, CustomTestStringConvertible {
        var workers: Int
        var work: Duration

        var capacity: Double { Double(workers) / work.seconds }
        var testDescription: String { "\(workers) workers, \(work)" }
        /// Waiting for up to four times the target, then the work: all but a hundredth of an exponential distribution takes
        /// less than 4.61 times its mean.
        var bound: Duration { .milliseconds(80) + work * 5 }
    }

    private static let machines = [
        Machine(workers: 1, work: .milliseconds(1)), Machine(workers: 8, work: .milliseconds(10)),
    ]

    private let seed = UInt64.random(in: 0 ... .max)

    private func server(
        _ machine: Machine, load: Double, shedder: LoadShedderConfiguration? = LoadShedderConfiguration()
    ) throws -> SimulatedServer {
        try SimulatedServer(
            rate: load * machine.capacity, workers: machine.workers, work: machine.work, seed: seed, shedder: shedder)
    }

    @Test(
        "keeps nine tenths of the peak at five times the capacity, and the p99 of the rest, onset included",
        arguments: machines)
    func fiveTimes(_ machine: Machine) throws {
        var server = try server(machine, load: 0.5)
        server.run(for: .seconds(3))
        #expect(server.all.shed == 0, "seed \(seed)")
        server.rate = 5 * machine.capacity
        server.run(for: .seconds(12))
        let goodput = server.all.goodput(within: machine.bound, over: .seconds(12))
        #expect(goodput >= 0.9 * machine.capacity, "seed \(seed)")
        #expect(server.all.p99 <= machine.bound, "seed \(seed)")
    }

    @Test("is what keeps it: without, nearly everyone is answered too late")
    func without() throws {
        let machine = Self.machines[0]
        var server = try server(machine, load: 0.5, shedder: nil)
        server.run(for: .seconds(1))
        server.rate = 5 * machine.capacity
        server.run(for: .seconds(10))
        #expect(server.all.goodput(within: machine.bound, over: .seconds(10)) < 0.1 * machine.capacity)
    }

    @Test("doesn't swing: every second of a long overload is as good", arguments: machines)
    func steady(_ machine: Machine) throws {
        var server = try server(machine, load: 3)
        server.run(for: .seconds(1))
        for second in 0..<8 {
            server.run(for: .seconds(1))
            let goodput = server.all.goodput(within: machine.bound, over: .seconds(1))
            #expect(goodput >= 0.75 * machine.capacity, "seed \(seed), second \(second)")
        }
    }

    @Test("serves the critical while they fit, then the high, and sheds the rest", arguments: machines)
    func priorities(_ machine: Machine) throws {
        var server = try server(machine, load: 0.5)
        server.mix = [40, 30, 20, 10]
        server.run(for: .seconds(3))
        server.rate = 5 * machine.capacity
        server.run(for: .seconds(12))
        #expect(server[.critical].successRate >= 0.99, "they are half of the capacity, seed \(seed)")
        #expect(server[.high].successRate > 0.4 && server[.high].successRate < 0.6, "seed \(seed)")
        #expect(server[.normal].successRate < 0.05, "seed \(seed)")
        #expect(server[.sheddable].successRate < 0.02, "seed \(seed)")
        let bound = Duration.milliseconds(160) + machine.work * 5
        #expect(server.all.goodput(within: bound, over: .seconds(12)) >= 0.9 * machine.capacity, "seed \(seed)")
        #expect(server[.critical].p99 <= bound, "seed \(seed)")
    }

    @Test("serves the critical at a little overload, and all others but the sheddable in full", arguments: machines)
    func littleOverload(_ machine: Machine) throws {
        var server = try server(machine, load: 1.2)
        server.mix = [40, 30, 20, 10]
        server.run(for: .seconds(12))
        #expect(server[.critical].successRate >= 0.99, "seed \(seed)")
        #expect(server[.high].successRate >= 0.98, "seed \(seed)")
        #expect(server[.normal].successRate >= 0.95, "seed \(seed)")
        #expect(server[.sheddable].successRate < 0.8, "seed \(seed)")
    }

    @Test("sheds nobody a second after the overload has ended", arguments: machines)
    func recovers(_ machine: Machine) throws {
        var server = try server(machine, load: 5)
        server.run(for: .seconds(5))
        server.rate = 0.5 * machine.capacity
        server.run(for: .seconds(1))
        server.run(for: .seconds(10))
        #expect(server.all.shed == 0, "seed \(seed)")
        #expect(server.shedder?.snapshot.isOverloaded == false, "seed \(seed)")
    }

    @Test("sheds hardly anybody below the capacity", arguments: machines)
    func below(_ machine: Machine) throws {
        var server = try server(machine, load: 0.8)
        server.run(for: .seconds(20))
        #expect(Double(server.all.shed) <= 0.005 * Double(server.all.offered), "seed \(seed)")
    }

    @Test("sheds nobody when what they wait for is slow", arguments: [20.0, 500])
    func slowDownstream(_ rate: Double) throws {
        var server = try SimulatedServer(
            rate: rate, workers: 1, work: .milliseconds(1), seed: seed, shedder: LoadShedderConfiguration())
        server.run(for: .seconds(5))
        server.wait = .seconds(3)
        server.run(for: .seconds(20))
        #expect(server.all.shed == 0, "up to 1,500 are in flight, seed \(seed)")
        #expect((server.shedder?.snapshot.inFlight ?? 0) > 20)
    }

    @Test("keeps its promise with the CPU as a signal too, and with nobody but the sheddable", arguments: machines)
    func cpu(_ machine: Machine) throws {
        var server = try server(machine, load: 0.5)
        server.mix = [100, 0, 0, 0]
        server.tellsCPU = true
        server.run(for: .seconds(3))
        #expect(server.all.shed == 0, "seed \(seed)")
        server.rate = 5 * machine.capacity
        server.run(for: .seconds(12))
        #expect(server.all.goodput(within: machine.bound, over: .seconds(12)) >= 0.9 * machine.capacity, "seed \(seed)")
        server.rate = 0.3 * machine.capacity
        server.run(for: .seconds(2))
        server.run(for: .seconds(5))
        #expect(server.all.shed == 0, "seed \(seed)")
    }

    // The loop could answer 1,000 a second; refusing 4,000 leaves time for 960.
    @Test("sees the overload of an event loop by the length of its turns, onset included")
    func eventLoop() throws {
        var loop = try SimulatedLoop(rate: 500, work: .milliseconds(1), refusal: .microseconds(10), seed: seed)
        loop.tellsTurn = true
        loop.run(for: .seconds(5))
        #expect(loop.shed == 0, "seed \(seed)")
        loop.rate = 5_000
        loop.run(for: .seconds(15))
        #expect(loop.goodput(within: .milliseconds(800), over: .seconds(15)) >= 0.9 * 960, "seed \(seed)")
        #expect(loop.p99 < .milliseconds(900), "seed \(seed)")
        loop.run(for: .seconds(10))
        #expect(loop.goodput(within: .milliseconds(450), over: .seconds(10)) >= 0.9 * 960, "seed \(seed)")
        loop.rate = 500
        loop.run(for: .seconds(1))
        loop.run(for: .seconds(10))
        #expect(loop.shed == 0, "seed \(seed)")
    }

    @Test("comes to the same by the lag of a timer alone, if not as fast")
    func timerAlone() throws {
        var loop = try SimulatedLoop(rate: 5_000, work: .milliseconds(1), refusal: .microseconds(10), seed: seed)
        loop.run(for: .seconds(60))
        loop.run(for: .seconds(10))
        // Now and then it has to find the capacity anew; answers took up to 0.85 s then.
        #expect(loop.goodput(within: .milliseconds(900), over: .seconds(10)) >= 0.9 * 960, "seed \(seed)")
        loop.rate = 500
        loop.run(for: .seconds(1))
        loop.run(for: .seconds(10))
        #expect(loop.shed == 0, "seed \(seed)")
    }

    @Test("is itself again two seconds after the process was stopped for a while", arguments: [true, false])
    func pause(_ tellsTurn: Bool) throws {
        var loop = try SimulatedLoop(rate: 600, work: .milliseconds(1), refusal: .microseconds(10), seed: seed)
        loop.tellsTurn = tellsTurn
        for length in 1...5 {
            loop.run(for: .seconds(2) + .milliseconds(13) * length)
            loop.pause(for: .seconds(length))
            // What has come meanwhile takes six tenths of the time that it lasted, and keeps others waiting.
            loop.run(for: .seconds(2) + .milliseconds(1_500) * length)
            loop.run(for: .seconds(2))
            #expect(loop.shed == 0, "after \(length) s, seed \(seed)")
        }
    }
}

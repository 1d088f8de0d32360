// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Testing

@Suite("A gradient limit before a modelled peer")
struct GradientLimitSimulationTests {
    private let seed = UInt64.random(in: 0 ... .max)

    @Test("comes to rest near the capacity of the peer, and stays there", arguments: [8, 16])
    func converges(_ workers: Int) throws {
        let capacity = Double(workers) / 0.01
        var peer = try LimitedPeer(rate: 3 * capacity, workers: workers, service: .milliseconds(10), seed: seed) {
            $0.initialLimit = 6
        }
        peer.run(for: .seconds(10))
        for _ in 0..<4 {
            peer.run(for: .seconds(10))
            #expect(peer.throughput(over: .seconds(10)) > 0.97 * capacity, "seed \(seed)")
            #expect(peer.endedIdle * 25 < peer.ended, "but for probes workers are busy, seed \(seed)")
            #expect(peer.highestLimit <= workers * 5 / 2 + 4, "seed \(seed)")
            #expect(peer.meanLatency < 25, "the latency without a queue is 10 ms, seed \(seed)")
        }
    }

    @Test("follows the peer when its capacity falls, and when it rises again")
    func capacity() throws {
        var peer = try LimitedPeer(rate: 5_000, workers: 32, service: .milliseconds(10), seed: seed)
        peer.run(for: .seconds(30))
        peer.workers = 8
        peer.run(for: .seconds(10))
        peer.run(for: .seconds(10))
        #expect(peer.highestLimit <= 28, "seed \(seed)")
        #expect(peer.throughput(over: .seconds(10)) > 0.95 * 800, "seed \(seed)")
        peer.workers = 32
        peer.run(for: .seconds(30))
        peer.run(for: .seconds(10))
        #expect(peer.throughput(over: .seconds(10)) > 0.95 * 3_200, "seed \(seed)")
    }

    @Test("finds the capacity though the first calls have queued, so that what it took for normal was too slow")
    func poisoned() throws {
        var peer = try LimitedPeer(rate: 3_000, workers: 8, service: .milliseconds(10), seed: seed) {
            $0.initialLimit = 300
        }
        peer.run(for: .seconds(20))
        peer.run(for: .seconds(20))
        #expect(peer.highestLimit <= 24, "seed \(seed)")
        #expect(peer.throughput(over: .seconds(20)) > 0.95 * 800, "seed \(seed)")
        #expect((peer.limit.normalLatency ?? .zero) < .milliseconds(13), "seed \(seed)")
    }

    @Test("recovers when the peer has become a little slower for good", arguments: [16, 20, 25, 30])
    func smallStep(_ latency: Int) throws {
        var peer = try LimitedPeer(rate: 5_000, workers: 100_000, service: .milliseconds(10), seed: seed)
        peer.run(for: .seconds(30))
        peer.service = .milliseconds(latency)
        peer.run(for: .seconds(40))
        peer.run(for: .seconds(20))
        #expect(Double(peer.rejected) < 0.01 * 5_000 * 20, "\(5 * latency) calls are in flight now, seed \(seed)")
    }

    @Test("recovers when the peer has become slower for good, without having become smaller")
    func latencyStep() throws {
        var peer = try LimitedPeer(rate: 1_000, workers: 100_000, service: .milliseconds(10), seed: seed)
        peer.run(for: .seconds(30))
        #expect(peer.limit.limit >= 15)
        peer.service = .milliseconds(50)
        peer.run(for: .seconds(60))
        peer.run(for: .seconds(20))
        #expect(Double(peer.rejected) < 0.01 * 1_000 * 20, "50 calls are in flight now, seed \(seed)")
        #expect((peer.limit.normalLatency ?? .zero) > .milliseconds(45), "seed \(seed)")
        peer.service = .milliseconds(10)
        peer.run(for: .seconds(5))
        #expect((peer.limit.normalLatency ?? .zero) < .milliseconds(20), "a faster peer is learned at once")
    }

    @Test("doesn't starve to the floor under a latency that is constant but for chance")
    func constantLatency() throws {
        var peer = try LimitedPeer(rate: 1_500, workers: 100_000, service: .milliseconds(50), seed: seed)
        peer.run(for: .seconds(40))
        peer.run(for: .seconds(40))
        #expect(peer.lowestLimit >= 75, "75 calls are in flight, seed \(seed)")
        #expect(Double(peer.rejected) < 0.01 * 1_500 * 40, "seed \(seed)")
    }

    @Test("gives way to timeouts that a constant latency of the rest hides")
    func timeouts() throws {
        var peer = try LimitedPeer(rate: 3_000, workers: 10, service: .milliseconds(10), seed: seed) {
            $0.initialLimit = 200
        }
        peer.timeout = .milliseconds(100)
        peer.run(for: .seconds(20))
        peer.run(for: .seconds(20))
        #expect(peer.throughput(over: .seconds(20)) > 0.9 * 1_000, "seed \(seed)")
    }
}

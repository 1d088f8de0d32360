// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Testing

@Suite("The layer of a rate limit")
struct RateLimitLayerTests {
    private let time = ManualTime()
    private let peer = FunctionEndpoint<String, Int> { (request, _) throws(CallFailure) in request.count }

    @Test("lets calls through at the rate of their key, and refuses the others with the time until one fits")
    func perKey() async throws {
        let limiter = try RateLimiter<String>(RateLimit(2, burst: 1), time: time.source)
        let endpoint = peer.rateLimited(limiter) { request, _ in request }
        #expect(try await endpoint.call("abc", in: CallContext()) == 3)
        #expect(try await endpoint.call("ab", in: CallContext()) == 2)
        let failure = await #expect(throws: CallFailure.self) { try await endpoint.call("abc", in: CallContext()) }
        #expect(failure?.code == .overloaded)
        #expect(failure?.stage == .admission)
        #expect(failure?.retryAfter == .milliseconds(500))
        #expect(failure?.retryAfter?.retryAfterSeconds == 1, "a header rounds up")
        #expect(failure?.mayHaveReachedPeer == false)
        time.advance(by: .milliseconds(500))
        #expect(try await endpoint.call("abc", in: CallContext()) == 3)
    }

    @Test("says without a time that a call never fits")
    func neverFits() async throws {
        let limiter = try RateLimiter<String>(RateLimit(2), time: time.source)
        let endpoint = peer.rateLimited(limiter, cost: 3) { request, _ in request }
        let failure = await #expect(throws: CallFailure.self) { try await endpoint.call("abc", in: CallContext()) }
        #expect(failure?.code == .overloaded)
        #expect(failure?.retryAfter == nil)
    }

    @Test("asks several limits in one step")
    func combined() async throws {
        let limiter = try CombinedRateLimiter(
            [NamedRateLimit("path", RateLimit(10)), NamedRateLimit("everyone", RateLimit(1, burst: 2))],
            time: time.source)
        let endpoint = peer.rateLimited(limiter) { request, _ in RateKeys(request) }
        for request in ["a", "b"] { #expect(try await endpoint.call(request, in: CallContext()) == 1) }
        let failure = await #expect(throws: CallFailure.self) { try await endpoint.call("c", in: CallContext()) }
        #expect(failure?.retryAfter == .seconds(1))
    }
}

// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Testing

@Suite("A call context")
struct CallContextTests {
    @Test("narrows its deadline and never widens it")
    func narrows() {
        let early = Instant(nanoseconds: 10)
        let late = Instant(nanoseconds: 20)
        #expect(CallContext().narrowed(to: late).deadline == late)
        #expect(CallContext(deadline: late).narrowed(to: early).deadline == early)
        #expect(CallContext(deadline: early).narrowed(to: late).deadline == early)
    }

    @Test("knows the time that is left, never a negative one")
    func remaining() {
        let context = CallContext(deadline: Instant(nanoseconds: 100))
        #expect(context.remaining(at: Instant(nanoseconds: 40)) == .nanoseconds(60))
        #expect(context.remaining(at: Instant(nanoseconds: 101)) == .zero)
        #expect(CallContext().remaining(at: Instant(nanoseconds: 1)) == nil)
    }

    @Test("follows the task")
    func taskLocal() async {
        let context = CallContext(attempt: 3)
        await CallContext.$current.withValue(context) {
            await Task { #expect(CallContext.current?.attempt == 3) }.value
        }
        #expect(CallContext.current == nil)
    }

    @Test("fails with a description that names code, stage and service")
    func failure() {
        let failure = CallFailure(
            .connectFailed, "connection refused", stage: .connect, service: "users", mayHaveReachedPeer: false)
        #expect(failure.description == "connect_failed at connect calling users: connection refused")
    }
}

@Suite("Configuration problems")
struct ConfigurationProblemTests {
    @Test("are collected where a requirement doesn't hold, and told together")
    func collects() {
        var problems: [ConfigurationProblem] = []
        problems.require(true, "a", "is fine")
        problems.require(false, "b", "must be positive")
        problems.require(false, "c", "must be short")
        #expect(problems.map(\.key) == ["b", "c"])
        #expect(InvalidConfiguration(problems).description == "b: must be positive; c: must be short")
    }
}

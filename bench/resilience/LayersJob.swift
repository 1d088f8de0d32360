// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience

/// Calls through six layers in a ``FunctionEndpoint``, which is erased to `any Endpoint`. The stack itself isn't: stored so
/// it would be called through the generic code of its layers, at three times the cost.
///
/// Allocations are counted from outside: the harness compares runs of ``make(calls:)`` with and without layers.
struct LayersJob {
    enum Stack {
        case none
        /// Six layers that do nothing.
        case idle
        /// Deadline, breaker, retry, bulkhead, shedding and faults, none of which has anything to object to.
        case shipped
        /// One that allocates an object for each call, which shows that they are counted.
        case allocating
    }

    private static let operations = 100_000

    private let endpoint: any Endpoint<Peer.Request, Int>

    init(_ stack: Stack) throws {
        switch stack {
        case .none: endpoint = Peer()
        case .idle:
            let stack = Peer().idling().idling().idling().idling().idling().idling()
            endpoint = FunctionEndpoint { (request, context) throws(CallFailure) in
                try await stack.call(request, in: context)
            }
        case .shipped:
            let stack = Peer().injectingFaults(FaultInjector(), target: "client:peer").breaking(try CircuitBreaker())
                .retrying(with: try Retrier(budget: try RetryBudget())).bulkhead(try Bulkhead())
                .shedding(try LoadShedder()).deadline(atMost: .seconds(10))
            endpoint = FunctionEndpoint { (request, context) throws(CallFailure) in
                try await stack.call(request, in: context)
            }
        case .allocating:
            let peer = Peer()
            endpoint = FunctionEndpoint { (request, context) throws(CallFailure) in
                let number = CountedObject(request.number)
                return try await peer.call(Peer.Request(number: number.value), in: context)
            }
        }
    }

    /// Reports what a call costs through the layers, and without any.
    func run(_ seconds: Duration) async throws {
        let stopwatch = Stopwatch(seconds: seconds / 2, operations: Self.operations)
        let bare = try LayersJob(.none)
        Main.report("ns_per_operation", try await stopwatch.nanosecondsPerOperation { try await make(calls: $0) })
        Main.report("bare_ns", try await stopwatch.nanosecondsPerOperation { try await bare.make(calls: $0) })
    }

    /// Makes so many calls.
    func make(calls: Int) async throws {
        let context = CallContext()
        for number in 0..<calls {
            guard try await endpoint.call(Peer.Request(number: number), in: context) == number else {
                Main.complain("a wrong answer")
            }
        }
    }
}

/// What a layer that allocates allocates.
private final class CountedObject: Sendable {
    let value: Int

    @inline(never)
    init(_ value: Int) {
        self.value = value
    }
}

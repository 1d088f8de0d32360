// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Synchronization

/// A request that knows whether it may be repeated and remembers what it was prepared for.
struct ScriptedRequest: RepeatableRequest {
    var isRepeatable = true
    var prepared: [RepeatedAttempt] = []

    mutating func prepare(for attempt: RepeatedAttempt) {
        prepared.append(attempt)
    }
}

/// What a scripted endpoint does in one attempt.
enum ScriptedAttempt: Sendable {
    case answers(Int)
    case fails(CallFailure)
    case runs(@Sendable (CallContext) async -> Result<Int, CallFailure>)
}

/// An endpoint that does what the test wrote down, one entry per attempt, and notes how it was called.
final class ScriptedEndpoint: Endpoint {
    private let script: [ScriptedAttempt]
    private let seen = Mutex<[(request: ScriptedRequest, context: CallContext)]>([])

    init(_ script: [ScriptedAttempt]) {
        self.script = script
    }

    convenience init(_ script: ScriptedAttempt...) {
        self.init(script)
    }

    var requests: [ScriptedRequest] { seen.withLock { $0.map(\.request) } }
    var contexts: [CallContext] { seen.withLock { $0.map(\.context) } }
    var calls: Int { seen.withLock { $0.count } }

    func call(_ request: ScriptedRequest, in context: CallContext) async throws(CallFailure) -> Int {
        let index = seen.withLock { seen in
            seen.append((request, context))
            return seen.count - 1
        }
        switch index < script.count ? script[index] : .fails(.unwelcome) {
        case .answers(let answer): return answer
        case .fails(let failure): throw failure
        case .runs(let run): return try await run(context).get()
        }
    }
}

extension CallFailure {
    static let lost = CallFailure(.connectionLost, "reset", stage: .response, mayHaveReachedPeer: true)
    static let refused = CallFailure(.connectFailed, "refused", stage: .connect, mayHaveReachedPeer: false)
    static let unwelcome = CallFailure(.invalidResponse, "no", stage: .response, mayHaveReachedPeer: true)

    static func status(_ status: Int, retryAfter: Duration? = nil) -> CallFailure {
        CallFailure(
            .unexpectedStatus, "answered \(status)", stage: .response, status: status, retryAfter: retryAfter,
            mayHaveReachedPeer: true)
    }
}

extension Endpoint {
    /// Why a call failed; nil if it didn't.
    func failure(of request: Request, in context: CallContext = CallContext()) async -> CallFailure? {
        do throws(CallFailure) {
            _ = try await call(request, in: context)
            return nil
        } catch {
            return error
        }
    }
}

extension Result {
    /// Why there is no success.
    var reason: Failure? {
        if case .failure(let failure) = self { failure } else { nil }
    }
}

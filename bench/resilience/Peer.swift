// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience

/// A peer that answers at once.
struct Peer: Endpoint {
    struct Request: RepeatableRequest {
        let number: Int
        var isRepeatable: Bool { true }
    }

    @inline(never)
    func call(_ request: Request, in context: CallContext) async throws(CallFailure) -> Int {
        request.number
    }
}

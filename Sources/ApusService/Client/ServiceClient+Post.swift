// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusCore
import ApusHTTP
import ApusRuntime
import ApusTelemetry

extension ServiceClient {
    /// Posts bytes that the service takes without a contract's operation, such as an event. Sent to another instance if
    /// a connection is lost: the service must know what it had already.
    ///
    /// - Returns: the head of the answer, whatever its status.
    func post(
        _ bytes: [UInt8], contentType: String, to target: String, bearing token: Secret?
    ) async throws(CallFailure) -> ResponseHead {
        let now = time.now
        let context = (CallContext.current ?? CallContext()).narrowed(to: now.advanced(by: configuration.timeout))
        let request = OutgoingRequest(posting: bytes, contentType: contentType, to: target, bearing: token)
        return try await exchange(request, context, since: now).response
    }
}

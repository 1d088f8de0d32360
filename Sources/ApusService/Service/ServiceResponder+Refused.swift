// SPDX-License-Identifier: Apache-2.0
public import ApusHTTP
import Logging

extension ServiceResponder {
    /// Logs a request that the engine refused, under the id that the client was told.
    public func refused(_ request: RefusedRequest) {
        guard configuration.logsAccess else { return }
        logger.info(
            "request refused",
            metadata: [
                "status": .stringConvertible(request.error.status.code), "code": "\(request.error.code)",
                "reason": "\(request.error.detail)", "client": "\(request.connection.remoteAddress)",
                "request_id": "\(request.requestID)",
            ])
    }
}

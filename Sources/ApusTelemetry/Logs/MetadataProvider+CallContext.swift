// SPDX-License-Identifier: Apache-2.0
import ApusCore
public import Logging

extension Logger.MetadataProvider {
    /// Names the request that the current task handles: `request_id`, `trace_id` and `span_id` from
    /// `CallContext.current`, as far as they are known.
    ///
    /// For log handlers of other makers. Those of Apus read the context themselves, without a dictionary.
    public static var callContext: Logger.MetadataProvider {
        Logger.MetadataProvider {
            guard let context = CallContext.current else { return [:] }
            var metadata: Logger.Metadata = [:]
            if let requestID = context.requestID { metadata["request_id"] = .stringConvertible(requestID) }
            if let trace = context.trace {
                metadata["trace_id"] = .string(trace.traceID)
                metadata["span_id"] = .string(Hex.string(trace.spanID))
            }
            return metadata
        }
    }
}

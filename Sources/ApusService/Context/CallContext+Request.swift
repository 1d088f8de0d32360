// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusCore
import ApusHTTP

extension CallContext {
    /// The context of a request that arrived at `now`: ids taken over from its headers or made, deadline narrowed by what
    /// the caller allows.
    ///
    /// - Parameter timeout: the most that this service allows.
    /// - Returns: the context, and the problem with the headers if there is one.
    static func incoming(
        _ headers: Headers, at now: Instant, timeout: Duration, _ identifiers: IdentifierSource
    ) -> (CallContext, Problem?) {
        var random = identifiers.next()
        var context = CallContext(deadline: now.advanced(by: timeout))
        context.requestID = headers[.requestID].flatMap(RequestID.init) ?? RequestID(using: &random)
        let parent = headers[.traceparent].flatMap {
            TraceContext(traceparent: $0, tracestate: headers[.tracestate])
        }
        context.trace = parent?.child(using: &random) ?? TraceContext(using: &random)
        switch TimeoutHeader.read(headers) {
        case .absent: return (context, nil)
        case .malformed:
            return (context, Problem(.badRequest, "The header \(HeaderName.timeout) must be a number of milliseconds."))
        case .milliseconds(let milliseconds):
            context = context.narrowed(to: now.advanced(by: .milliseconds(milliseconds)))
            guard milliseconds > 0 else {
                return (context, Problem(DeclaredError(.deadlineExceeded), "The caller allows no time."))
            }
            return (context, nil)
        }
    }

    /// Writes the context into the headers of a call to another service.
    ///
    /// - Returns: false if no time is left.
    func write(to headers: inout Headers, at now: Instant) -> Bool {
        requestID?.withUTF8 { headers.append(.requestID, $0) }
        if let trace {
            headers.append(.traceparent, trace.traceparent)
            if let state = trace.state { headers.append(.tracestate, state) }
        }
        guard let remaining = remaining(at: now) else { return true }
        guard let text = TimeoutHeader.text(remaining: remaining) else { return false }
        headers.append(.timeout, text)
        return true
    }
}

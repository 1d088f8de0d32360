// SPDX-License-Identifier: Apache-2.0
public import ApusBalancing
internal import ApusCore
public import ApusResilience
public import Logging

/// Says in the log what circuit breakers and outlier detection do, a line for each change: a warning for what takes an
/// instance or a route out, a notice for what brings it back.
public struct PolicyLog: Sendable {
    private let logger: Logger

    /// Lines go to `logger`.
    public init(_ logger: Logger) {
        self.logger = logger
    }

    /// A breaker has changed, or would have.
    ///
    /// - Parameters:
    ///   - service: the service that is called.
    ///   - scope: what the breaker stands in front of: `instance`, `route`.
    ///   - name: which one.
    public func tell(_ transition: CircuitBreakerTransition, service: String, _ scope: String, _ name: String) {
        logger.log(
            level: transition.to == .open || transition.isOnlyReported ? .warning : .notice, "breaker changed",
            metadata: [
                "upstream": "\(service)", "\(scope)": "\(name)", "change": "\(transition)",
                "calls": "\(transition.figures.calls)", "failures": "\(transition.figures.failures)",
            ])
    }

    /// An instance is ejected, or comes back.
    public func tell(_ change: OutlierChange, service: String) {
        var metadata: Logger.Metadata = ["upstream": "\(service)", "instance": "\(change.id)"]
        guard case .ejected(let reason, let until) = change.kind else {
            logger.notice("instance is no longer ejected", metadata: metadata)
            return
        }
        metadata["reason"] = "\(reason)"
        metadata["for"] = "\(change.at.duration(to: until))"
        logger.warning("instance is ejected", metadata: metadata)
    }
}

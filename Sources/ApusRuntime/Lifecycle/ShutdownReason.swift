// SPDX-License-Identifier: Apache-2.0

/// Why a process shuts down.
public enum ShutdownReason: Sendable, CustomStringConvertible {
    /// SIGTERM or SIGINT.
    case signal(String)
    /// Standard input ended, and with it the supervisor.
    case supervisorGone
    /// ``ServiceRuntime/stop()``, a cancelled task, or a graceful shutdown of what runs it.
    case requested
    /// A background service ended by itself or threw.
    case serviceEnded(name: String, error: (any Error)?)
    /// The start failed.
    case startFailed(any Error)

    public var description: String {
        switch self {
        case .signal(let name): name
        case .supervisorGone: "the supervisor is gone"
        case .requested: "requested"
        case .serviceEnded(let name, nil): "service \(name) ended unexpectedly"
        case .serviceEnded(let name, let error?): "service \(name) failed: \(error)"
        case .startFailed(let error): "the start failed: \(error)"
        }
    }

    /// What the process failed of; nil if it was meant to end.
    var failure: (any Error)? {
        switch self {
        case .signal, .supervisorGone, .requested: nil
        case .serviceEnded(_, let error): error ?? StartError(description)
        case .startFailed(let error): error
        }
    }
}

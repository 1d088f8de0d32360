// SPDX-License-Identifier: Apache-2.0
import ApusCache
import ApusResilience

extension CacheError {
    init(_ error: RedisError) {
        let code: Code =
            switch error.code {
            case .timeout: .timeout
            case .overloaded: .overloaded
            case .tooLarge: .tooLarge
            default:
                switch error.server?.code {
                case .outOfMemory?: .full
                case .noPermission?, .misconfigured?: .refused
                default: .unavailable
                }
            }
        self.init(code, error.message)
    }
}

extension RedisError {
    /// Whether a server said that it has no memory left.
    var isFull: Bool { server?.code == .outOfMemory }

    /// What the failure says about the server.
    var outcome: CallOutcome {
        switch code {
        case .cancelled, .overloaded, .tooLarge, .notAllowed, .closed: .cancelled
        case .server:
            switch server?.code {
            case .loading?, .busy?, .masterDown?, .clusterDown?, .readOnly?, .authenticationRequired?: .failure
            // It works, and said no to this one: full, for example, it still answers reads.
            default: .success
            }
        default: .failure
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
public import ApusCache
import ApusResilience

extension CacheError.Code {
    /// The cache's server has no memory left and may evict nothing.
    public static let full = CacheError.Code("full")
}

extension CacheError {
    init(_ error: RedisError) {
        let code: Code =
            switch error.code {
            case .timeout: .timeout
            case .overloaded: .overloaded
            case .tooLarge: .tooLarge
            default: error.server?.code == .outOfMemory ? .full : .unavailable
            }
        self.init(code, error.message)
    }
}

extension RedisError {
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

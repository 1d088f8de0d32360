// SPDX-License-Identifier: Apache-2.0
internal import ApusMessaging
internal import ApusRedis

extension MessagingError {
    /// What a failure of Redis means for a queue.
    init(_ error: RedisError) {
        self.init(Self.code(of: error), error.message, retryAfter: error.retryAfter)
        if retryAfter == nil, code == .overloaded { retryAfter = .seconds(1) }
    }

    private static func code(of error: RedisError) -> Code {
        switch error.code {
        case .overloaded: .overloaded
        case .tooLarge: .tooLarge
        case .notAllowed, .invalidReply: .storage
        case .server:
            switch error.server?.code {
            // Nothing was written: the memory is looked at before a script's first write.
            case .outOfMemory: .overloaded
            case .authenticationRequired, .wrongPassword, .noPermission, .readOnly, .loading, .busy, .masterDown,
                .clusterDown:
                .unavailable
            default: .storage
            }
        default: .unavailable
        }
    }

    /// The script answered something else than it does.
    static func unexpected(_ script: String) -> MessagingError {
        MessagingError(.storage, "Redis gave an unexpected answer to the queue's script \(script)")
    }
}

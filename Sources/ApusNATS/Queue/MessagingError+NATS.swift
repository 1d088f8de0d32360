// SPDX-License-Identifier: Apache-2.0
internal import ApusMessaging

extension MessagingError {
    /// A failure of the broker as publishers and workers see it.
    init(_ error: NATSError) {
        let code: Code =
            switch error.code {
            case .connectFailed, .authenticationFailed, .connectionLost, .timeout, .closed, .unavailable, .cancelled:
                .unavailable
            case .overloaded, .full: .overloaded
            case .tooLarge: .tooLarge
            case .invalid: .invalid
            default: .storage
            }
        self.init(code, "NATS: \(error)", retryAfter: error.retryAfter ?? (code == .overloaded ? .seconds(1) : nil))
    }
}

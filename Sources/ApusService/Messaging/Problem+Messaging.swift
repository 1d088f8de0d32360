// SPDX-License-Identifier: Apache-2.0
public import ApusContract
import ApusCore
public import ApusMessaging

extension Problem {
    /// What a caller is told whose request couldn't be done since a message wasn't taken; nil for what is a fault in here.
    public init?(_ error: MessagingError) {
        switch error.code {
        case .invalid, .undecodable: self.init(.badRequest, error.message)
        case .tooLarge: self.init(.bodyTooLarge, error.message)
        case .overloaded, .unavailable:
            self.init(.unavailable, error.message)
            retryAfter = error.retryAfter.map { Int($0.retryAfterSeconds) }
        default: return nil
        }
    }
}

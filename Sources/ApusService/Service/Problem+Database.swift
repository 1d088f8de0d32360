// SPDX-License-Identifier: Apache-2.0
public import ApusContract
import ApusCore
public import ApusSQL

extension Problem {
    /// What a caller is told whose request couldn't be done for want of the database; nil for what is a fault in here.
    ///
    /// 503 only for what certainly had no effect, since that invites to another try. What the database says stays inside:
    /// it names hosts, users and tables.
    public init?(_ error: DatabaseError) {
        switch error.code {
        case .timeout: self.init(DeclaredError(.deadlineExceeded), "The database took too long.")
        case .cancelled: self.init(DeclaredError(.cancelled))
        case _ where error.mayHaveRun: return nil
        case .overloaded, .diskFull: self.init(passing: "The database has no room at the moment.")
        case .cannotOpen, .connectionLost: self.init(passing: "The database can't be reached at the moment.")
        case .busy, .serializationFailure, .deadlock: self.init(passing: "Others were at work on the same.")
        default: return nil
        }
    }

    private init(passing detail: String) {
        self.init(.unavailable, detail)
        retryAfter = 1
    }
}

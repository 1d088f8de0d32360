// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusCore
import ApusHTTP
import ApusResilience
import ApusRuntime

/// Whether a request is worked on.
enum RequestAdmission {
    /// Nobody keeps count.
    case unlimited
    /// The shedder of its loop keeps count, and must learn when it has ended.
    case counted(LoopShedder)
    /// It is refused, for this.
    case refused(Problem)
}

extension ServiceResponder {
    /// Asks the shedder of the loop when the head of a request is there: nothing of its body has been read yet, and nobody
    /// has looked at who sends it.
    ///
    /// What costs no more than a refusal isn't refused: health, metrics, and what no route takes.
    func admit(_ match: RouteMatch<ServiceRoute>, at start: Instant) -> RequestAdmission {
        guard let shedders, case .found(let route, _) = match, let priority = route.priority,
            let loop = Loop.current, let shedder = shedders[loop]
        else { return .unlimited }
        guard let rejection = shedder.admit(priority, at: loopTime(start)) else { return .counted(shedder) }
        let reason = ShedReason(rejection.reason)
        shed?.count(priority, reason)
        return .refused(Problem(reason.failure(retryAfter: rejection.retryAfter)))
    }
}

// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusSQL
import ApusService
import Testing

@Suite("What a caller is told when the database fails")
struct DatabaseProblemTests {
    @Test(
        "what passes and had no effect may be tried again, and nothing of the database's words is told",
        arguments: [
            (DatabaseError(.overloaded, "secret"), 503), (DatabaseError(.cannotOpen, "secret"), 503),
            (DatabaseError(.connectionLost, "secret"), 503), (DatabaseError(.deadlock, "secret"), 503),
            (DatabaseError(.timeout, "secret", mayHaveRun: true), 504), (DatabaseError(.cancelled, "secret"), 499),
            (DatabaseError(.connectionLost, "secret", mayHaveRun: true), 500), (DatabaseError(.syntax, "secret"), 500),
            (DatabaseError(.uniqueViolation, "secret"), 500),
        ])
    func statuses(error: DatabaseError, status: Int) {
        let problem = Problem(thrown: error)
        #expect(problem.status == status)
        #expect((problem.retryAfter != nil) == (status == 503))
        #expect(!"\(problem)".contains("secret"))
    }
}

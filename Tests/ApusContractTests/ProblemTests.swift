// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusCore
import Foundation
import Testing

@Suite("Problems")
struct ProblemTests {
    @Test("A problem is written with the members of RFC 9457 and ours, and read back equal")
    func roundTrip() throws {
        var problem = Problem(.notFound, "No user 7.")
        problem.instance = "/v1/users/7"
        problem.requestID = "abc"
        let text = String(decoding: ContractJSON.encode(problem), as: UTF8.self)
        #expect(
            text == """
                {"type":"urn:apus:problem:not_found","title":"Not found","status":404,"detail":"No user 7.",\
                "instance":"/v1/users/7","code":"not_found","requestId":"abc"}
                """)
        #expect(try ContractJSON.decode(Problem.self, from: text.utf8) == problem)
        #expect(try JSONDecoder().decode(Problem.self, from: Data(text.utf8)) == problem)
        #expect(problem.isKind(of: .notFound) && !problem.isKind(of: .noRoute))
    }

    @Test(
        "The failure of a call keeps its service, stage, attempts and waiting time",
        arguments: [
            (CallFailure.Code.noInstance, 503), (.connectFailed, 502), (.connectionLost, 502), (.deadlineExceeded, 504),
            (.breakerOpen, 503), (.overloaded, 503), (.invalidResponse, 502), (.unexpectedStatus, 502),
            (.cancelled, 499),
            (.init("something_new"), 502),
        ])
    func failures(code: CallFailure.Code, status: Int) {
        let problem = Problem(
            CallFailure(
                code, "why", stage: .connect, service: "users", attempts: 2, retryAfter: .milliseconds(1500),
                mayHaveReachedPeer: false))
        #expect(problem.status == status)
        #expect(problem.code == code.name)
        #expect(problem.service == "users")
        #expect(problem.stage == "connect")
        #expect(problem.attempts == 2)
        #expect(problem.retryAfter == 2)
    }
}

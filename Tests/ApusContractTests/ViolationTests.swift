// SPDX-License-Identifier: Apache-2.0
import ApusContract
import Testing

@Suite("What a caller is told of violations")
struct ViolationTests {
    private struct Change: Described, Hashable {
        let name: String?
        let email: String?

        static let schema = Schema<Change> {
            Field("name", \.name, .length(1...100))
            Field("email", \.email, .email)
        }
        .refusingNull()
        .requiring("empty", "must change at least one field") { $0.name != nil || $0.email != nil }
    }

    private func problem(_ text: String) -> Problem? {
        #expect(throws: Problem.self) { try ContractJSON.decode(Change.self, from: text.utf8) }
    }

    @Test(
        "The detail counts fields, not violations",
        arguments: [
            (["/name"], "One field is not valid."), (["/name", "/name"], "One field is not valid."),
            (["/name", "/email", "/name"], "2 fields are not valid."), ([""], "The request is not valid."),
            (["", "/name"], "One field is not valid."),
            ((0..<100).map { "/\($0)" }, "At least 100 fields are not valid."),
        ])
    func counting(fields: [String], detail: String) {
        let violations = fields.map { Violation(field: $0, code: "x", message: "y") }
        #expect(Problem.invalid(violations).detail == detail)
    }

    @Test("A field that is null in a change is named, with what to do")
    func null() {
        let problem = problem(#"{"name":null}"#)
        #expect(problem?.detail == "One field is not valid.")
        #expect(
            problem?.errors == [
                Violation(
                    field: "/name", code: "null", message: "must not be null; leave it out to keep what is there"),
                Violation(field: "", code: "empty", message: "must change at least one field"),
            ])
    }

    @Test(
        "Null is reported together with what else is wrong",
        arguments: [
            (#"{"name":null,"email":"x@example.test"}"#, ["/name null"]),
            (#"{"name":null,"email":"x"}"#, ["/name null", "/email email"]),
            (#"{"name":null,"email":5}"#, ["/name null", "/email type"]), ("{}", [" empty"]),
        ])
    func together(text: String, summaries: [String]) {
        #expect(problem(text)?.summaries == summaries)
    }

    @Test("Null stands for nothing where a schema doesn't refuse it, and in members that nobody declared")
    func allowed() throws {
        let text = #"{"name":"a","other":null}"#
        #expect(try ContractJSON.decode(Change.self, from: text.utf8) == Change(name: "a", email: nil))
        #expect(try ContractJSON.decode(ThingListing.self, from: #"{"limit":null}"#.utf8).limit == nil)
    }
}

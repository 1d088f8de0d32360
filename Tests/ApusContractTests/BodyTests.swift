// SPDX-License-Identifier: Apache-2.0
import ApusContract
import Foundation
import Testing

@Suite("Bodies")
struct BodyTests {
    private func problem(_ text: String) -> Problem? {
        #expect(throws: Problem.self) { try ContractJSON.decode(Thing.self, from: text.utf8) }
    }

    @Test("A value is written in the order of its fields and read back equal")
    func roundTrip() throws {
        let text = String(decoding: ContractJSON.encode(Thing.sample), as: UTF8.self)
        #expect(
            text == """
                {"name":"lamp","weight":1.5,"colour":"red","parts":[{"name":"bulb","quantity":2}],"isNew":true,\
                "madeAt":"2026-01-01T00:00:00.250Z"}
                """)
        #expect(try ContractJSON.decode(Thing.self, from: text.utf8) == Thing.sample)
    }

    @Test("An array of described values is a body too")
    func arrays() throws {
        let bytes = ContractJSON.encode([Part(name: "a", quantity: 1), Part(name: "b", quantity: 2)])
        #expect(try ContractJSON.decode([Part].self, from: bytes).map(\.name) == ["a", "b"])
        let problem = #expect(throws: Problem.self) {
            try ContractJSON.decode([Part].self, from: #"[{"name":"a","quantity":1},{"name":"b","quantity":9}]"#.utf8)
        }
        #expect(problem?.summaries == ["/1/quantity range"])
    }

    @Test(
        "Malformed JSON is 400 and says line and column",
        arguments: [
            ("{\"name\": \"x\",\n  \"weight\": }", "line 2, column 13: a value is expected"),
            ("{\"name\" \"x\"}", "line 1, column 9: ':' is expected after a member's name"),
            ("{\"näme\": tru}", "line 1, column 13: 'true' is expected"),
            ("{\"name\": \"x\"", "line 1, column 13: ',' or '}' is expected"),
            ("{'name': 1}", "line 1, column 2: a member's name in quotation marks is expected"),
            ("{\"name\": \"x\",}", "line 1, column 14: a member's name in quotation marks is expected"),
            ("{\"weight\": 01}", "line 1, column 13: a number doesn't begin with 0"),
            ("{} {}", "line 1, column 4: unexpected text after the document"),
            ("{\"name\": \"x", "line 1, column 10: the string that begins here has no end"),
            ("{\"name\": \"\\q\"}", "line 1, column 11: unknown escape"),
            ("{\"name\": 1,\n \"name\": 2}", "line 2, column 2: the object has a member of this name already"),
            ("{\"x\": 1, \"\\u0078\": 2}", "line 1, column 10: the object has a member of this name already"),
            (
                "{\"parts\": [{\"a\": 1}, {\"a\": 1, \"a\": 1}]}",
                "line 1, column 31: the object has a member of this name already"
            ),
        ])
    func malformed(text: String, place: String) {
        let problem = problem(text)
        #expect(problem?.status == 400)
        #expect(problem?.code == "malformed_json")
        #expect(problem?.detail == "The body is not JSON: \(place).")
    }

    @Test(
        "Malformed JSON is refused even where everything that is asked for could be read",
        arguments: [
            #"[{"name":"a","quantity":1,}]"#, #"[{"name":"a","quantity":1},]"#,
            #"[{"name":"a","quantity":1,"other":"\q"}]"#,
        ])
    func lenient(text: String) {
        let problem = #expect(throws: Problem.self) { try ContractJSON.decode([Part].self, from: text.utf8) }
        #expect(problem?.code == "malformed_json")
    }

    @Test("A name that stands twice is found among many members, quickly")
    func repeatedAmongMany() throws {
        let members = (0..<50_000).map { "\"m\($0)\":0" }
        let object = { (members: [String]) in "{" + members.joined(separator: ",") + "}" }
        #expect(throws: Never.self) { try JSONParser.parse(object(members).utf8) }
        for index in [0, 15, 16, 17, 49_999] {
            let error = #expect(throws: JSONSyntaxError.self) {
                try JSONParser.parse(object(members + [members[index]]).utf8)
            }
            #expect(error?.offset == object(members).utf8.count)
        }
    }

    @Test("An empty body is 400 and says that JSON is expected")
    func empty() {
        #expect(problem("")?.detail == "The body is empty; JSON is expected.")
        #expect(problem("")?.status == 400)
    }

    @Test("Every missing and mistyped field is named at once")
    func everyViolation() {
        let problem = problem(
            """
            {"name": 5, "email": "nope", "weight": "heavy", "colour": "blue",
             "parts": [{"name": "bulb", "quantity": 9}, {"quantity": "1"}, 7], "isNew": null}
            """)
        #expect(problem?.status == 422)
        #expect(problem?.code == "invalid")
        #expect(
            problem?.summaries == [
                "/name type", "/email email", "/weight type", "/colour choice", "/parts/0/quantity range",
                "/parts/1/name required", "/parts/1/quantity type", "/parts/2 type", "/isNew required",
                "/madeAt required",
            ])
        #expect(problem?.errors?.first?.message == "must be a string, not a number")
    }

    @Test("Every broken rule of a well-formed body is named at once")
    func everyRule() throws {
        var thing = Thing.sample
        thing.name = " "
        thing.email = "ada@localhost"
        thing.weight = 200
        thing.parts = [Part(name: "a", quantity: 0), Part(name: "a", quantity: 6)]
        let bytes = ContractJSON.encode(thing)
        let problem = #expect(throws: Problem.self) { try ContractJSON.decode(Thing.self, from: bytes) }
        #expect(
            problem?.summaries == [
                "/name length", "/name blank", "/email email", "/parts unique", "/parts/0/quantity range",
                "/parts/1/quantity range", " heavy_new",
            ])
        #expect(try ContractJSON.decode(Thing.self, from: bytes, checkingRules: false) == thing)
    }

    @Test("A body of the wrong kind is named as a whole")
    func wrongKind() {
        #expect(
            problem("[]")?.errors == [Violation(field: "", code: "type", message: "must be an object, not an array")])
    }

    @Test("Unknown members are ignored")
    func unknownMembers() throws {
        let part = try ContractJSON.decode(Part.self, from: #"{"x":[{}],"name":"a","quantity":1}"#.utf8)
        #expect(part == Part(name: "a", quantity: 1))
    }

    @Test(
        "A number that fits no Int is a violation, not a crash",
        arguments: ["1e3", "1.5", "99999999999999999999", "1e400"])
    func numbers(number: String) throws {
        let text = #"{"name":"a","quantity":\#(number)}"#
        let problem = #expect(throws: Problem.self) { try ContractJSON.decode(Part.self, from: text.utf8) }
        #expect(problem?.summaries == ["/quantity \(number == "1e3" ? "range" : "type")"] || number == "1e400")
        #expect(problem?.status == (number == "1e400" ? 400 : 422))
    }

    @Test("No more than a hundred violations are listed")
    func manyViolations() {
        let text = "[" + Array(repeating: "{}", count: 5000).joined(separator: ",") + "]"
        let problem = #expect(throws: Problem.self) { try ContractJSON.decode([Part].self, from: text.utf8) }
        #expect(problem?.errors?.count == Inspection.maximumViolations)
    }

    @Test("Names in pointers are escaped")
    func pointers() {
        var inspection = Inspection()
        inspection.within("a/b") { $0.within(3) { $0.report(in: "c~d", "x", "y") } }
        #expect(inspection.violations.map(\.field) == ["/a~1b/3/c~0d"])
    }

    @Test("Deeply nested text is refused, not followed")
    func depth() {
        let text = String(repeating: "[", count: 100_000)
        #expect(throws: JSONSyntaxError.self) { try JSONParser.parse(text.utf8) }
        let problem = #expect(throws: Problem.self) { try ContractJSON.decode([Part].self, from: text.utf8) }
        #expect(problem?.status == 400)
    }
}

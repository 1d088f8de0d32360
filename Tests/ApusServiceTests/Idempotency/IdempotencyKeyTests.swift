// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusCore
import ApusHTTP
import ApusMessaging
import ApusSQL
import ApusService
import ApusTelemetry
import ApusTesting
import Testing

@Suite("Idempotency keys")
struct IdempotencyKeyTests {
    private static func key(_ value: String = "k1") -> Headers { [.idempotencyKey: value] }
    private static let note = #"{"title":"x"}"#

    @Test("The same request gets the same answer, with a header that says so, and has its effect once")
    func replay() async throws {
        let service = try await KeyedService()
        try await service.serve { post in
            let first = try await post("/v1/notes", Self.note, Self.key())
            #expect(first.status == 201 && first.location == "/v1/notes/1" && first.etag == "\"1\"" && !first.isReplay)
            // Blanks don't make another request, nor do the quotation marks of a structured header.
            var second = try await post("/v1/notes", #" { "title" : "x" } "#, Self.key("\"k1\""))
            #expect(second.isReplay)
            second.isReplay = false
            #expect(second == first)
            let other = try await post("/v1/notes", Self.note, Self.key("k2"))
            #expect(other.location == "/v1/notes/2" && !other.isReplay)
            #expect(try await service.count("notes") == 2)
        }
        let text = String(decoding: PrometheusText.write(service.metrics, .text), as: UTF8.self)
        #expect(text.contains(#"apus_idempotency_total{operation="write",outcome="replayed"} 1"#), "\(text)")
        #expect(text.contains(#"apus_idempotency_total{operation="write",outcome="done"} 2"#))
    }

    @Test("The same key with another body or query is refused, for another caller or operation it is another key")
    func otherRequest() async throws {
        let service = try await KeyedService()
        try await service.serve { post in
            _ = try await post("/v1/notes", Self.note, Self.key())
            for (path, body) in [("/v1/notes", #"{"title":"y"}"#), ("/v1/notes?a=b", Self.note)] {
                let answer = try await post(path, body, Self.key())
                #expect(answer.status == 422 && answer.code == "idempotency_key_reused")
            }
            var headers = Self.key()
            headers["X-Caller"] = "eve"
            #expect(try await post("/v1/notes", Self.note, headers).location == "/v1/notes/2")
            #expect(try await post("/v1/letters", Self.note, Self.key()).status == 200)
            #expect(try await service.count("notes") == 2)
        }
    }

    @Test("Without a key every request has its effect and nothing is remembered; a required one is missed")
    func withoutKey() async throws {
        let service = try await KeyedService()
        try await service.serve { post in
            for id in 1...2 { #expect(try await post("/v1/notes", Self.note, [:]).location == "/v1/notes/\(id)") }
            let refused = try await post("/v1/letters", Self.note, [:])
            #expect(refused.status == 400 && refused.code == "idempotency_key_required")
            #expect(try await service.count("apus_idempotency") == 0)
        }
    }

    @Test(
        "A key that is none is refused",
        arguments: ["", "a b", "\"\"", "\"a b\"", "ä", String(repeating: "k", count: 256)])
    func malformed(key: String) async throws {
        let service = try await KeyedService()
        try await service.serve { post in
            let answer = try await post("/v1/notes", Self.note, Self.key(key))
            #expect(answer.status == 400, "\(answer.body)")
            #expect(try await service.count("notes") == 0)
        }
    }

    @Test("Two keys are refused")
    func twice() async throws {
        let service = try await KeyedService()
        try await service.serve { post in
            var headers = Self.key("a")
            headers.append(.idempotencyKey, "b")
            let answer = try await post("/v1/notes", Self.note, headers)
            #expect(answer.status == 400)
        }
    }

    @Test("Of many at once one has the effect, and all get its answer", arguments: ["/v1/notes", "/v1/letters"])
    func atOnce(path: String) async throws {
        let service = try await KeyedService()
        try await service.serve { post in
            let answers = try await withThrowingTaskGroup(of: KeyedService.Seen.self) { group in
                for _ in 0..<30 { group.addTask { try await post(path, Self.note, Self.key()) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(answers.map(\.body)).count == 1)
            #expect(answers.allSatisfy { $0.status == 200 || $0.status == 201 })
            #expect(answers.filter { !$0.isReplay }.count == 1)
            #expect(try await service.count("notes") + service.letters.entries.count == 1)
        }
    }

    @Test("Who waits too long for another with the same key is told when to come again")
    func tooLong() async throws {
        let service = try await KeyedService(IdempotencyConfiguration(wait: .milliseconds(30)))
        try await service.serve { post in
            let held = #"{"title":"held"}"#
            let first = Task { try await post("/v1/letters", held, Self.key()) }
            await service.gate.reached()
            let second = try await post("/v1/letters", held, Self.key())
            #expect(second.status == 409 && second.code == "idempotency_key_in_use" && second.retryAfter == "1")
            service.gate.open()
            #expect(try await first.value.status == 200)
            #expect(try await post("/v1/letters", held, Self.key()).isReplay)
            #expect(service.letters.entries == ["held"])
        }
    }

    @Test("A refusal leaves no trace and the key free, unless the operation has it remembered")
    func refusals() async throws {
        let service = try await KeyedService()
        try await service.serve { post in
            for _ in 0..<2 {
                let taken = try await post("/v1/notes", #"{"title":"taken"}"#, Self.key("a"))
                #expect(taken.status == 409 && taken.code == "title_taken" && !taken.isReplay)
            }
            #expect(try await post("/v1/notes", Self.note, Self.key("a")).status == 201)

            let first = try await post("/v1/notes", #"{"title":"damn"}"#, Self.key("b"))
            var second = try await post("/v1/notes", #"{"title":"damn"}"#, Self.key("b"))
            #expect(first.status == 422 && first.code == "forbidden_word" && !first.isReplay && second.isReplay)
            second.isReplay = false
            #expect(first == second)
            #expect(try await service.count("notes") == 1)

            for isReplay in [false, true] {
                let taken = try await post("/v1/letters", #"{"title":"taken"}"#, Self.key("c"))
                #expect(taken.status == 409 && taken.isReplay == isReplay)
            }
            #expect(service.letters.entries.count == 1)
        }
    }

    @Test("A failure isn't remembered, and undoes what shares its transaction")
    func failures() async throws {
        let service = try await KeyedService()
        try await service.serve { post in
            for _ in 0..<2 {
                let broken = try await post("/v1/notes", #"{"title":"broken"}"#, Self.key("a"))
                let unavailable = try await post("/v1/notes", #"{"title":"unavailable"}"#, Self.key("a"))
                let letter = try await post("/v1/letters", #"{"title":"broken"}"#, Self.key("a"))
                #expect([broken.status, unavailable.status, letter.status] == [500, 503, 500])
            }
            #expect(try await service.count("notes") == 0)
            #expect(try await service.count("apus_idempotency") == 0)
            #expect(try await post("/v1/notes", Self.note, Self.key("a")).status == 201)
        }
    }

    @Test("An attempt that broke off blocks its key until its lease ends")
    func brokenOff() async throws {
        let service = try await KeyedService(IdempotencyConfiguration(lease: .seconds(60), wait: .zero))
        try await service.serve { post in
            // As a process leaves it that was killed in the middle.
            _ = try await post("/v1/letters", Self.note, Self.key())
            try await service.database.execute(
                "UPDATE apus_idempotency SET status = NULL, lease_until = \(service.wall(in: .seconds(60)))")
            let blocked = try await post("/v1/letters", Self.note, Self.key())
            #expect(blocked.status == 409 && blocked.retryAfter == "1")
            service.clock.advance(by: .seconds(60))
            #expect(try await post("/v1/letters", Self.note, Self.key()).status == 200)
            #expect(try await post("/v1/letters", Self.note, Self.key()).isReplay)
            #expect(service.letters.entries.count == 2)
        }
    }

    @Test("An answer that is too large to be kept fails and leaves nothing")
    func tooLarge() async throws {
        let service = try await KeyedService(IdempotencyConfiguration(maximumBodyBytes: 10))
        try await service.serve { post in
            let answer = try await post("/v1/notes", Self.note, Self.key())
            #expect(answer.status == 500)
            #expect(try await service.count("notes") == 0)
            #expect(try await post("/v1/notes", Self.note, [:]).status == 201)
        }
    }

    @Test("Answers are forgotten after the retention, while it runs")
    func forgetting() async throws {
        let service = try await KeyedService(IdempotencyConfiguration(retention: .seconds(3600)))
        try await service.serve { post in
            _ = try await post("/v1/notes", Self.note, Self.key())
            service.clock.advance(by: .seconds(3600))
            let running = Task { try await service.keys.run() }
            try await eventually("forgotten") { try await service.count("apus_idempotency") == 0 }
            running.cancel()
            try await running.value
            #expect(try await post("/v1/notes", Self.note, Self.key()).location == "/v1/notes/2")
        }
    }

    @Test("An operation that doesn't say in its contract that it takes keys can't be served")
    func undeclared() async throws {
        let service = try await KeyedService()
        var builder = ServiceBuilder(NotesAPI.self, logger: service.logger, metrics: service.metrics)
        builder.implement(NotesAPI.writeNote, once: service.keys) { call, _ in
            Reply(Note(id: 1, title: call.body.title))
        }
        let error = try #require(throws: RouterError.self) { try builder.build() }
        let problems = error.problems.filter { $0.hasPrefix("writeNote honours idempotency keys, but ") }
        #expect(problems.count == 3 && problems[0].hasSuffix("isn't declared with Idempotency.key"))
        await service.database.close()
    }

    @Test("The document shows the key, and what can become of it")
    func document() {
        let path = OpenAPI.json(for: KeyedAPI.self)["paths"]?["/v1/notes"]?["post"]
        #expect(path?["parameters"]?[0]?["name"] == "Idempotency-Key")
        #expect(path?["parameters"]?[0]?["required"] == false)
        #expect(path?["responses"]?["409"]?["description"]?.text?.contains("idempotency_key_in_use") == true)
        #expect(path?["responses"]?["422"]?["description"]?.text?.contains("idempotency_key_reused") == true)
    }
}

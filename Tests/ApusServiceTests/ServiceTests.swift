// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusCore
import ApusHTTP
import ApusRuntime
import ApusService
import NIOCore
import Synchronization
import Testing

@Suite("Services")
struct ServiceTests {
    /// Runs `test` with a function that sends a request to a running service and returns the answer with its body.
    private func withService(
        _ notes: NotesService = NotesService(), _ configuration: ServiceConfiguration = .init(),
        _ test: ((HTTPMethod, String, Headers, String) async throws -> (HTTPResponse, String)) async throws -> Void
    ) async throws {
        try await Running.with { running in
            try await running.serve(notes.builder(configuration).build()) { address in
                try await test { method, target, headers, body in
                    let request = HTTPRequest(
                        method, target, headers: headers, body: body.isEmpty ? .empty : HTTPBody(body))
                    let response = try await running.client.send(request, to: address.endpoint)
                    return (response, String(buffer: try await response.body.collect(upTo: 1 << 20)))
                }
            }
        }
    }

    private func problem(_ text: String) throws -> Problem {
        try ContractJSON.decode(Problem.self, from: text.utf8)
    }

    private static let json: Headers = [.contentType: "application/json; charset=utf-8"]

    @Test("A GET is answered with the output as JSON")
    func get() async throws {
        try await withService { send in
            let (response, body) = try await send(.get, "/v1/notes/7", [:], "")
            #expect(response.status == .ok)
            #expect(response.headers[.contentType] == "application/json")
            #expect(body == #"{"id":7,"title":"note"}"#)
            let (_, list) = try await send(.get, "/v1/notes?limit=1", [:], "")
            #expect(list == #"[{"id":0,"title":"note"}]"#)
        }
    }

    @Test("HEAD is answered as GET without the body")
    func head() async throws {
        try await withService { send in
            let (response, body) = try await send(.head, "/v1/notes/7", [:], "")
            #expect(response.status == .ok)
            #expect(response.headers[.contentLength] == "23")
            #expect(body.isEmpty)
        }
    }

    @Test("A POST is answered 201 with Location and ETag, a DELETE 204 without a body")
    func post() async throws {
        try await withService { send in
            let (response, body) = try await send(.post, "/v1/notes", Self.json, #"{"title":"x"}"#)
            #expect(response.status == .created)
            #expect(response.headers[.location] == "/v1/notes/1")
            #expect(response.headers[.etag] == "\"1\"")
            #expect(body == #"{"id":1,"title":"x"}"#)
            let (removed, nothing) = try await send(.delete, "/v1/notes/7", [:], "")
            #expect(removed.status == .noContent)
            #expect(nothing.isEmpty && removed.headers[.contentType] == nil)
        }
    }

    @Test("If-Match reaches the handler")
    func condition() async throws {
        try await withService { send in
            var headers = Self.json
            headers[.ifMatch] = "\"1\""
            let answer = try await send(.patch, "/v1/notes/7", headers, #"{"title":"x"}"#).0
            #expect(answer.headers[.etag] == "\"2\"")
            headers[.ifMatch] = "\"9\""
            let answer2 = try await send(.patch, "/v1/notes/7", headers, #"{"title":"x"}"#).0
            #expect(answer2.status == .preconditionFailed)
        }
    }

    @Test(
        "Errors are problem documents with code, instance and request id",
        arguments: [
            (HTTPMethod.get, "/v1/notes/100", "", 404, "not_found"), (.get, "/v1/nothing", "", 404, "no_route"),
            (.put, "/v1/notes/1", "", 405, "method_not_allowed"), (.get, "/v1/notes/abc", "", 422, "invalid"),
            (.get, "/v1/notes?limit=0", "", 422, "invalid"), (.post, "/v1/notes", "{", 400, "malformed_json"),
            (.post, "/v1/notes", "", 400, "malformed_json"), (.post, "/v1/notes", "{}", 422, "invalid"),
            (.post, "/v1/notes", #"{"title":"taken"}"#, 409, "title_taken"),
            (.post, "/v1/notes", #"{"title":""}"#, 422, "invalid"), (.get, "/v1/failures/3", "", 500, "internal_error"),
            (.get, "/v1/failures/1", "", 503, "breaker_open"), (.get, "/v1/failures/2", "", 502, "unexpected_status"),
            (.post, "/v1/publications", #"{"title":"x"}"#, 400, "idempotency_key_required"),
        ])
    func errors(method: HTTPMethod, target: String, body: String, status: Int, code: String) async throws {
        try await withService { send in
            var headers = Self.json
            headers[.requestID] = "my-request"
            let (response, text) = try await send(method, target, headers, body)
            let problem = try problem(text)
            #expect(response.status.code == status)
            #expect(response.headers[.contentType] == "application/problem+json")
            #expect(problem.status == status)
            #expect(problem.code == code)
            #expect(problem.instance == target.split(separator: "?").first.map(String.init))
            #expect(problem.requestID == "my-request")
            #expect(response.headers[.requestID] == "my-request")
        }
    }

    @Test("405 says what is allowed, a suspended call when to try again")
    func errorHeaders() async throws {
        try await withService { send in
            let answer3 = try await send(.put, "/v1/notes/1", [:], "").0
            #expect(answer3.headers[.allow] == "GET, PATCH, DELETE, HEAD")
            let (response, text) = try await send(.get, "/v1/failures/1", [:], "")
            #expect(response.headers[.retryAfter] == "3")
            let problem = try problem(text)
            #expect(problem.service == "other" && problem.stage == "admission" && problem.retryAfter == 3)
        }
    }

    @Test("The text of an unexpected error stays in the log, where the request id finds it")
    func secrets() async throws {
        let notes = NotesService()
        try await withService(notes) { send in
            let (_, text) = try await send(.get, "/v1/failures/3", [.requestID: "find-me"], "")
            #expect(!text.contains("swordfish"))
            let (_, inner) = try await send(.get, "/v1/failures/2", [:], "")
            #expect(!inner.contains("inner matter"))
        }
        let lines = notes.lines(with: "swordfish")
        #expect(lines.count == 1)
        #expect(lines.first?.contains("find-me") == true)
    }

    @Test("A body that is too large is 413, one of another type 415")
    func bodies() async throws {
        var configuration = ServiceConfiguration()
        configuration.maximumBodyBytes = 100
        try await withService(NotesService(), configuration) { send in
            let large = #"{"title":""# + String(repeating: "x", count: 200) + #""}"#
            let (response, text) = try await send(.post, "/v1/notes", Self.json, large)
            #expect(response.status == .contentTooLarge)
            #expect(try problem(text).code == "body_too_large")
            let form: Headers = [.contentType: "application/x-www-form-urlencoded"]
            let answer4 = try await send(.post, "/v1/notes", form, "title=x").0
            #expect(answer4.status.code == 415)
            let answer5 = try await send(.post, "/v1/notes", [:], #"{"title":"x"}"#).0
            #expect(answer5.status == .created)
            let vendor: Headers = [.contentType: "Application/Vnd.Note+JSON"]
            let answer6 = try await send(.post, "/v1/notes", vendor, #"{"title":"x"}"#).0
            #expect(answer6.status == .created)
        }
    }

    @Test("A request id is taken over, and made where none or a malformed one comes")
    func requestID() async throws {
        try await withService { send in
            let answer7 = try await send(.get, "/v1/notes/1", [.requestID: "a.b-c_9"], "").0
            #expect(answer7.headers[.requestID] == "a.b-c_9")
            let made = try await send(.get, "/v1/notes/1", [:], "").0.headers[.requestID]
            let other = try await send(.get, "/v1/notes/1", [.requestID: "not well formed"], "").0.headers[.requestID]
            #expect(made?.count == 32 && other?.count == 32 && made != other)
        }
    }

    @Test("Trace and deadline of the caller hold for the handler")
    func context() async throws {
        let notes = NotesService()
        try await withService(notes) { send in
            let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
            let before = Instant.now
            let headers: Headers = [.traceparent: parent, .timeout: "1500", .tracestate: "a=b"]
            _ = try await send(.get, "/v1/notes/1", headers, "")
            _ = try await send(.get, "/v1/notes/1", [.traceparent: "garbage", .timeout: "99999999"], "")
            let seen = notes.seen.withLock { $0 }
            #expect(seen[0].trace?.traceID == "0af7651916cd43dd8448eb211c80319c")
            #expect(seen[0].trace?.spanID != 0xb7ad_6b71_6920_3331)
            #expect(seen[0].trace?.state == "a=b")
            let first = try #require(seen[0].deadline)
            #expect(
                first > before.advanced(by: .milliseconds(1400))
                    && first < Instant.now.advanced(by: .milliseconds(1500)))
            // A caller can't allow more than the service does.
            let second = try #require(seen[1].deadline)
            #expect(second <= Instant.now.advanced(by: .seconds(30)))
            #expect(seen[1].trace != nil && seen[1].trace?.traceID != seen[0].trace?.traceID)
        }
    }

    @Test(
        "A malformed timeout is 400, none left 504",
        arguments: [
            ("", 400), ("abc", 400), ("-1", 400), ("+5", 400), ("1.5", 400), ("12345678901", 400), ("5 ", 200),
            ("0", 504),
            ("0000000005", 200),
        ])
    func timeouts(text: String, status: Int) async throws {
        try await withService { send in
            let answer8 = try await send(.get, "/v1/notes/1", [.timeout: text], "").0
            #expect(answer8.status.code == status)
        }
    }

    @Test("Every service answers for its document, its health and its metrics")
    func operations() async throws {
        let notes = NotesService()
        notes.health.enter(.ready)
        try await withService(notes) { send in
            let (document, text) = try await send(.get, "/openapi.json", [:], "")
            #expect(document.status == .ok)
            #expect(try JSONParser.parse(text.utf8) == OpenAPI.json(for: NotesAPI.self))
            let answer9 = try await send(.get, "/livez", [:], "").0
            #expect(answer9.status == .ok)
            let answer10 = try await send(.get, "/readyz", [:], "").0
            #expect(answer10.status == .ok)
            let answer11 = try await send(.get, "/health", [:], "").0
            #expect(answer11.status == .ok)
            for id in 1...3 { _ = try await send(.get, "/v1/notes/\(id)", [:], "") }
            _ = try await send(.get, "/v1/notes/100", [:], "")
            _ = try await send(.get, "/nowhere", [:], "")
            let metrics = try await send(.get, "/metrics", [:], "").1
            #expect(
                metrics.contains(
                    #"http_server_requests_total{method="GET",route="/v1/notes/{id}",status="200"} 3"#))
            #expect(
                metrics.contains(
                    #"http_server_requests_total{method="GET",route="/v1/notes/{id}",status="404"} 1"#))
            #expect(metrics.contains(#"route="unmatched",status="404"} 1"#))
            notes.health.enter(.draining)
            let answer12 = try await send(.get, "/readyz", [:], "").0
            #expect(answer12.status == .serviceUnavailable)
        }
    }

    @Test("Each request is one line in the log, with route, status and ids")
    func accessLog() async throws {
        let notes = NotesService()
        try await withService(notes) { send in
            _ = try await send(.get, "/v1/notes/7?x=secret", [.requestID: "line-1"], "")
            _ = try await send(.get, "/livez", [:], "")
        }
        let lines = notes.lines(with: #""message":"request""#)
        #expect(lines.count == 2)
        let line = try JSONParser.parse((lines.first { $0.contains("line-1") } ?? "").utf8)
        #expect(line["level"] == "info")
        #expect(line["method"] == "GET")
        #expect(line["route"] == "/v1/notes/{id}")
        #expect(line["status"] == 200)
        #expect(line["bytes"] == 23)
        #expect(line["duration_ms"] != nil)
        #expect(line["request_id"] == "line-1")
        #expect(line["trace_id"]?.text?.count == 32)
        #expect(!lines.joined().contains("secret"))
        #expect(lines.first { $0.contains("/livez") }?.contains("debug") == true)
        // A handler's own lines name the request too.
        #expect(notes.lines(with: "reading").first?.contains("line-1") == true)
    }
}

// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusMessaging
import ApusSQL
import ApusSQLite
import ApusTesting
import Testing

@Suite("Records of idempotent requests")
struct IdempotencyTests {
    @Test("keep their promises on SQLite, in memory", arguments: IdempotencyConformance.checks)
    func memory(check: ConformanceCheck<IdempotencyConformance.Subject>) async throws {
        try await run(check, "sqlite::memory:")
    }

    @Test("keep their promises on SQLite, in a file", arguments: IdempotencyConformance.checks)
    func file(check: ConformanceCheck<IdempotencyConformance.Subject>) async throws {
        let folder = try TemporaryFolder()
        try await run(check, "sqlite:\(folder.path)/records.db")
    }

    private func run(_ check: ConformanceCheck<IdempotencyConformance.Subject>, _ url: String) async throws {
        let clock = ManualClock()
        let database = try await SQLiteDatabase.open(url: url)
        try await IdempotencyRecords.migrations.run(on: database)
        try await check.run(.init(database: database, clock: clock))
        await database.close()
    }

    @Test(
        "take keys of 1 to 255 visible characters",
        arguments: [
            ("a", true), (String(repeating: "k", count: 255), true), ("!~", true), ("", false),
            (String(repeating: "k", count: 256), false), ("a b", false), ("a\n", false), ("ä", false),
            ("\u{7F}", false),
        ])
    func keys(key: String, isValid: Bool) {
        #expect(IdempotentRequest.isValid(key) == isValid)
        do throws(MessagingError) {
            _ = try IdempotentRequest(scope: "s", key: key, content: [])
            #expect(isValid)
        } catch {
            #expect(!isValid && error.code == .invalid)
        }
    }

    @Test("tell requests apart by every part of their content, and by where a part ends")
    func fingerprints() throws {
        let contents: [[String]] = [
            ["POST", "/a", "x"], ["PUT", "/a", "x"], ["POST", "/b", "x"], ["POST", "/a", "y"], ["POST", "/ax", ""],
            ["POST", "", "/ax"], ["POST/a", "x"], ["POST", "/a", "x", ""], [],
        ]
        let fingerprints = try contents.map { content in
            try IdempotentRequest(scope: "s", key: "k", content: content.map { Array($0.utf8) }).fingerprint
        }
        #expect(Set(fingerprints).count == contents.count)
        #expect(fingerprints.allSatisfy { $0.count == 32 })
    }

    @Test("shorten scopes that are too long, without mixing them up")
    func scopes() throws {
        let long = String(repeating: "s", count: 2_000)
        let (a, b) = (
            try IdempotentRequest(scope: long + "a", key: "k", content: []),
            try IdempotentRequest(scope: long + "b", key: "k", content: [])
        )
        #expect(a.scope != b.scope && a.scope.count == 32)
    }

    @Test("are refused with every problem of their configuration")
    func problems() {
        let configuration = IdempotencyConfiguration(
            retention: .zero, capacity: 0, maximumBodyBytes: -1, lease: .zero, wait: .seconds(-1))
        #expect(
            configuration.validate().map(\.key) == ["retention", "capacity", "maximumBodyBytes", "lease", "wait"])
        #expect(throws: InvalidConfiguration.self) { try IdempotencyRecords(configuration: configuration) }
        #expect(IdempotencyConfiguration().validate().isEmpty)
    }
}

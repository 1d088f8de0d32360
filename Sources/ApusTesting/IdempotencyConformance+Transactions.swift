// SPDX-License-Identifier: Apache-2.0
import ApusMessaging
import ApusSQL

extension IdempotencyConformance {
    static let transactional: [ConformanceCheck<Subject>] = [
        .init("A request that comes again has no effect and gets the same answer") { subject in
            let records = try await subject.records()
            try require(try await once(request(), records, subject), is: .done(answer), "first")
            try require(try await once(request(), records, subject), is: .replayed(answer), "second")
            let empty = StoredAnswer(status: 204)
            try require(try await once(request("empty"), records, subject, answer: empty), is: .done(empty), "empty")
            try require(try await once(request("empty"), records, subject), is: .replayed(empty), "empty again")
            try require(try await subject.effects(), is: 2, "effects")
        },
        .init("Of many copies at once one has the effect, at every isolation") { subject in
            let records = try await subject.records()
            for isolation in Isolation.allCases {
                let request = try request(isolation.rawValue)
                let done = try await withThrowingTaskGroup(of: Bool.self) { group in
                    for _ in 0..<20 {
                        group.addTask {
                            let outcome = try await once(request, records, subject, isolation: isolation)
                            try require(
                                outcome == .done(answer) || outcome == .replayed(answer), "the outcome is \(outcome)")
                            return outcome == .done(answer)
                        }
                    }
                    return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
                }
                try require(done, is: 1, "done at \(isolation)")
            }
            try require(try await subject.effects(), is: 3, "effects")
        },
        .init("Requests with keys of their own don't disturb each other") { subject in
            let records = try await subject.records()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<50 {
                    group.addTask {
                        let outcome = try await once(request("k\(number)"), records, subject)
                        try require(outcome, is: .done(answer), "k\(number)")
                    }
                }
                try await group.waitForAll()
            }
            try require(try await subject.effects(), is: 50, "effects")
        },
        .init("The same key for another request is refused, in another scope it is another key") { subject in
            let records = try await subject.records()
            try await once(request(), records, subject)
            try require(try await once(request(body: "other"), records, subject), is: .reused, "another body")
            try require(try await once(request(scope: "t"), records, subject), is: .done(answer), "another scope")
            try require(try await once(request(), records, subject), is: .replayed(answer), "the first again")
            try require(try await subject.effects(), is: 2, "effects")
        },
        .init("An effect that fails leaves neither a trace nor the key behind") { subject in
            let records = try await subject.records()
            do {
                try await subject.database.transaction { transaction in
                    _ = try await records.once(request(), in: transaction) {
                        try await transaction.execute("INSERT INTO effects VALUES ('x')")
                        throw EffectFailed()
                    }
                }
                throw ConformanceFailure("the failure was swallowed")
            } catch is EffectFailed {}
            try require(try await subject.effects(), is: 0, "effects")
            try require(
                try await once(request(body: "other"), records, subject), is: .done(answer), "the key afterwards")
        },
        .init("An answer that is too large undoes the effect") { subject in
            let records = try await subject.records(IdempotencyConfiguration(maximumBodyBytes: 100))
            let exact = StoredAnswer(status: 200, body: Array(repeating: 1, count: 100))
            try require(
                try await once(request("exact"), records, subject, answer: exact), is: .done(exact), "100 bytes")
            for large in [
                StoredAnswer(status: 200, body: Array(repeating: 1, count: 101)),
                StoredAnswer(status: 200, headers: [.init("X", String(repeating: "x", count: 9_000))]),
            ] {
                do {
                    try await once(request(), records, subject, answer: large)
                    throw ConformanceFailure("it was kept")
                } catch let error as MessagingError {
                    try require(error.code, is: .tooLarge, "code")
                }
            }
            try require(try await subject.effects(), is: 1, "effects")
        },
        .init("A refusal is remembered by itself, unless something else is known by then") { subject in
            let records = try await subject.records()
            let refusal = StoredAnswer(status: 409)
            try require(
                try await records.remember(refusal, to: request(), in: subject.database), is: .done(refusal), "first")
            try require(try await once(request(), records, subject), is: .replayed(refusal), "again")
            try await once(request("done"), records, subject)
            try require(
                try await records.remember(refusal, to: request("done"), in: subject.database),
                is: .replayed(answer), "too late")
        },
    ]
}

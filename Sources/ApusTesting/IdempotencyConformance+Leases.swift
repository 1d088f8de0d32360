// SPDX-License-Identifier: Apache-2.0
import ApusMessaging
import ApusSQL

extension IdempotencyConformance {
    static let leased: [ConformanceCheck<Subject>] = [
        .init("An attempt has its key for itself until it is finished") { subject in
            let records = try await subject.records(IdempotencyConfiguration(lease: .seconds(60)))
            let attempt = try begun(try await records.begin(request(), in: subject.database), "first")
            subject.clock.advance(by: .seconds(20))
            try require(
                try await records.begin(request(), in: subject.database), is: .ended(.inProgress(.seconds(40))),
                "meanwhile")
            try require(
                try await records.begin(request(body: "other"), in: subject.database), is: .ended(.reused),
                "another request")
            try require(try await records.finish(attempt, with: answer, in: subject.database), "it wasn't finished")
            try require(
                try await records.begin(request(), in: subject.database), is: .ended(.replayed(answer)), "afterwards")
            try require(
                try await records.finish(attempt, with: answer, in: subject.database), is: false, "finished twice")
        },
        .init("Of many attempts at once one begins") { subject in
            let records = try await subject.records()
            let begun = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<30 {
                    group.addTask {
                        if case .begun = try await records.begin(request(), in: subject.database) { return true }
                        return false
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            try require(begun, is: 1, "begun")
        },
        .init("When an attempt breaks off, its key is blocked until the lease ends, and no longer") { subject in
            let records = try await subject.records(IdempotencyConfiguration(lease: .seconds(60)))
            let old = try begun(try await records.begin(request(), in: subject.database), "first")
            subject.clock.advance(by: .seconds(59))
            try require(
                try await records.begin(request(), in: subject.database), is: .ended(.inProgress(.seconds(1))),
                "in the lease")
            subject.clock.advance(by: .seconds(1))
            try require(
                try await records.begin(request(body: "other"), in: subject.database), is: .ended(.reused),
                "another request after the lease")
            let new = try begun(try await records.begin(request(), in: subject.database), "after the lease")
            try require(
                try await records.finish(old, with: StoredAnswer(status: 500), in: subject.database), is: false,
                "finished by the old attempt")
            try await records.abandon(old, in: subject.database)
            try require(try await records.finish(new, with: answer, in: subject.database), "it wasn't finished")
            try await records.abandon(new, in: subject.database)
            try require(
                try await records.begin(request(), in: subject.database), is: .ended(.replayed(answer)), "in the end")
        },
        .init("A key that was given back is free at once") { subject in
            let records = try await subject.records()
            let attempt = try begun(try await records.begin(request(), in: subject.database), "first")
            try await records.abandon(attempt, in: subject.database)
            _ = try begun(try await records.begin(request(body: "other"), in: subject.database), "second")
        },
        .init("An attempt that finishes in a transaction does so with it, or not at all") { subject in
            let records = try await subject.records()
            let attempt = try begun(try await records.begin(request(), in: subject.database), "first")
            do {
                try await subject.database.transaction { transaction in
                    _ = try await records.finish(attempt, with: answer, in: transaction)
                    throw EffectFailed()
                }
                throw ConformanceFailure("the failure was swallowed")
            } catch is EffectFailed {}
            try await subject.database.transaction { transaction in
                try require(try await records.finish(attempt, with: answer, in: transaction), "it wasn't finished")
            }
            try require(
                try await records.begin(request(), in: subject.database), is: .ended(.replayed(answer)), "afterwards")
        },
    ]

    static let forgetting: [ConformanceCheck<Subject>] = [
        .init("An answer is given again until it has expired, then the key is free") { subject in
            let records = try await subject.records(IdempotencyConfiguration(retention: .seconds(100)))
            try await once(request("a"), records, subject)
            subject.clock.advance(by: .seconds(99))
            try require(try await once(request("a"), records, subject), is: .replayed(answer), "in time")
            try require(try await records.forget(in: subject.database), is: 0, "forgotten")
            subject.clock.advance(by: .seconds(1))
            // Not cleaned up yet.
            try require(
                try await once(request("a", body: "other"), records, subject), is: .done(answer), "too late")
            try await once(request("b"), records, subject)
            subject.clock.advance(by: .seconds(100))
            try require(try await records.forget(in: subject.database), is: 2, "forgotten after the retention")
        },
        .init("Past the capacity the oldest answers go") { subject in
            let records = try await subject.records(IdempotencyConfiguration(capacity: 3))
            for number in 1...5 {
                try await once(request("\(number)"), records, subject)
                subject.clock.advance(by: .seconds(1))
            }
            try require(try await records.forget(in: subject.database), is: 2, "forgotten")
            try require(try await records.forget(in: subject.database), is: 0, "forgotten again")
            try require(try await once(request("3"), records, subject), is: .replayed(answer), "the third")
            try require(try await once(request("2"), records, subject), is: .done(answer), "the second")
        },
    ]
}

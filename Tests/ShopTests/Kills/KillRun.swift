// SPDX-License-Identifier: Apache-2.0
import ApusTesting
import Foundation

/// Orders that are placed one after the other, while a process is killed at one point after another of its work for them.
struct KillRun: Sendable {
    /// What was found at the points of one process.
    struct Report: Sendable {
        var visited = 0
        var faults: [String] = []
    }

    let shop: KillableShop
    /// What the failures say of where this runs.
    let place: String
    /// Is told of each point at which a process was killed; nil: nobody is.
    var progress: (@Sendable (String) -> Void)?

    /// Kills at every call, before and after it is made, until an order is done without the process having come so far.
    func visitAll(_ victim: String) async throws -> Report {
        var report = Report()
        for moment in TroubleBoard.Moment.allCases {
            var number = 1
            while try await visit(number, moment, of: victim, &report) {
                number += 1
                guard number < 400 else { throw ConformanceFailure("\(victim) on \(place) never comes to an end") }
            }
        }
        return report
    }

    /// Kills once at each call of an undisturbed order, before it is made, and after each sync too; of the pages that a
    /// commit writes one after the other only at the first.
    func visitSome(_ victim: String) async throws -> Report {
        var report = Report()
        let board = try shop.process(victim).board
        let product = try await shop.product()
        board.countOnly()
        let entry = try await shop.place("\(victim)-undisturbed", product: product)
        try await shop.books.settle(entry, "undisturbed")
        let names = (1...max(1, board.count)).map { call($0, board) }
        for number in names.indices {
            if number > 0, names[number].hasPrefix("pwrite"), names[number] == names[number - 1] { continue }
            _ = try await visit(number + 1, .before, of: victim, &report)
            if names[number].hasPrefix("fdatasync") { _ = try await visit(number + 1, .after, of: victim, &report) }
        }
        return report
    }

    /// Places an order and kills `victim` at a call.
    ///
    /// - Returns: whether it came so far.
    private func visit(
        _ number: Int, _ moment: TroubleBoard.Moment, of victim: String, _ report: inout Report
    ) async throws -> Bool {
        let process = try shop.process(victim)
        let product = try await shop.product()
        let starts = process.starts
        process.board.arm(number, moment)
        let entry = try await shop.place("\(victim)-\(moment)-\(number)", product: product)
        try await shop.books.settle(entry, "\(victim) is killed \(moment) call \(number), or all is done") {
            process.board.count >= number
        }
        let wasKilled = process.board.count >= number
        let name = "\(victim) killed \(moment) call \(number), \(call(number, process.board)), on \(place)"
        process.board.disarm()
        if wasKilled {
            try await process.untilReady(starts + 1)
            report.visited += 1
        }
        do {
            try await shop.books.settle(entry, name)
            report.faults += try await shop.books.faults(of: entry).map { "\(name): \($0)" }
        } catch let failure as ConformanceFailure {
            report.faults.append("\(failure)")
        }
        if let progress, wasKilled { progress("order \(entry.order): \(name)") }
        return wasKilled
    }

    /// The call in words, with services for their ports.
    private func call(_ number: Int, _ board: TroubleBoard) -> String {
        let words = board.name(number).split(separator: " ")
        guard words.count == 3, let own = Int(words[1].dropFirst()), let peer = Int(words[2].dropFirst()) else {
            return board.name(number)
        }
        if let service = shop.ports[peer] { return "\(words[0]) to \(service)" }
        return shop.ports[own] == nil ? "\(words[0]) to the server" : "\(words[0]) of an answer"
    }
}

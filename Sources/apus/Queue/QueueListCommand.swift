// SPDX-License-Identifier: Apache-2.0
import ApusHTTP
import ApusMessaging
import ApusRuntime
import ArgumentParser

/// `apus queue ls`: what each channel holds.
struct QueueListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls", abstract: "Shows what waits, what is in hand and what is dead.",
        discussion: "Without --service or --url every service of the registry is asked.")

    @OptionGroup var target: QueueTarget

    func run() async throws {
        try await talking { connection in
            var rows: [[String]] = []
            var reports: [String: QueueReport] = [:]
            for (name, origin) in try await target.all(connection) {
                let report: QueueReport
                do {
                    report = try await connection.call(.get, origin, "/queue")
                } catch let failure as QueueFailure where target.service == nil && target.url == nil {
                    // One of many: the others are shown all the same.
                    if failure.isWithoutQueue { continue }
                    StandardOutput.writeError("apus queue: \(name): \(failure)\n")
                    continue
                }
                reports[name] = report
                for line in report.channels {
                    rows.append([
                        name, line.queue, line.channel, "\(line.waiting)", "\(line.inHand)", "\(line.dead)",
                        line.oldestAgeSeconds.map(Self.age) ?? "",
                    ])
                }
            }
            if target.json {
                try writeJSON(reports)
            } else if rows.isEmpty {
                StandardOutput.write("nothing waits and nothing is dead\n")
            } else {
                let head = ["SERVICE", "QUEUE", "CHANNEL", "WAITING", "IN HAND", "DEAD", "OLDEST"]
                StandardOutput.write(Self.table([head] + rows))
            }
        }
    }

    /// A time as people say it: `12s`, `3m`, `5h`, `2d`.
    static func age(_ seconds: Double) -> String {
        switch seconds {
        case ..<120: "\(Int(seconds))s"
        case ..<7_200: "\(Int(seconds / 60))m"
        case ..<172_800: "\(Int(seconds / 3_600))h"
        default: "\(Int(seconds / 86_400))d"
        }
    }

    /// The rows with their columns under each other.
    static func table(_ rows: [[String]]) -> String {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in
            rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        return rows.map { row in
            let cells = row.enumerated().map { column, text in
                text + String(repeating: " ", count: widths[column] - text.count)
            }
            let line = cells.joined(separator: "  ")
            return line.prefix(line.count - line.reversed().prefix { $0 == " " }.count) + "\n"
        }.joined()
    }
}

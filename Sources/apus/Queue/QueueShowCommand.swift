// SPDX-License-Identifier: Apache-2.0
import ApusHTTP
import ApusMessaging
import ApusRuntime
import ArgumentParser
import Foundation

/// `apus queue show`: the dead messages of a service, or one of them.
struct QueueShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Shows the dead messages of a service, or one of them with its payload.")

    @Argument(help: "The channel; none: all.")
    var channel: String?

    @Argument(help: "The position of the message; none: all, as a list.")
    var position: String?

    @Option(help: "Which of the service's queues: own or broker. (default: whichever holds the channel, or both)")
    var queue: String?

    @Option(help: "How many are listed at most: 1 to 200.")
    var limit = 50

    @OptionGroup var target: QueueTarget

    func validate() throws {
        guard (1...200).contains(limit) else { throw ValidationError("--limit \(limit): expected 1 to 200") }
    }

    func run() async throws {
        try await talking { connection in
            let origin = try await target.one(connection)
            var items = queue.map { [URLQueryItem(name: "queue", value: $0)] } ?? []
            if let channel { items.append(URLQueryItem(name: "channel", value: channel)) }
            if let position {
                items.append(URLQueryItem(name: "position", value: position))
                let message: DeadMessageReport = try await connection.call(.get, origin, Self.target(items))
                return target.json ? try writeJSON(message) : StandardOutput.write(Self.text(message))
            }
            items.append(URLQueryItem(name: "limit", value: "\(limit)"))
            let page: DeadMessagePage = try await connection.call(.get, origin, Self.target(items))
            if target.json { return try writeJSON(page) }
            guard !page.messages.isEmpty else { return StandardOutput.write("nothing is dead\n") }
            let rows = page.messages.map { message in
                [
                    message.queue, message.channel, message.position, message.type, message.reason,
                    "\(message.attempts)",
                    message.died.formatted(.iso8601), String((message.lastError ?? "").prefix(80)),
                ]
            }
            let head = ["QUEUE", "CHANNEL", "POSITION", "TYPE", "REASON", "ATTEMPTS", "DIED", "LAST ERROR"]
            StandardOutput.write(QueueListCommand.table([head] + rows))
            if page.next != nil || page.messages.count == limit {
                StandardOutput.write("there may be more: --limit says how many are shown\n")
            }
        }
    }

    static func target(_ items: [URLQueryItem]) -> String {
        var components = URLComponents()
        components.path = "/queue/dead"
        components.queryItems = items
        return components.string ?? "/queue/dead"
    }

    private static func text(_ message: DeadMessageReport) -> String {
        """
        queue        \(message.queue)
        channel      \(message.channel)
        position     \(message.position)
        id           \(message.id)
        type         \(message.type)
        source       \(message.source)
        created      \(message.created.formatted(.iso8601))
        died         \(message.died.formatted(.iso8601))
        reason       \(message.reason)
        attempts     \(message.attempts)
        first error  \(message.firstError ?? "")
        last error   \(message.lastError ?? "")
        \(message.message ?? "")

        """
    }
}

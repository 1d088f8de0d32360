// SPDX-License-Identifier: Apache-2.0
import ApusHTTP
import ApusMessaging
import ApusRuntime
import ArgumentParser
import Foundation

/// `apus queue subscribers`: who wants what of the broker.
struct QueueSubscribersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "subscribers", abstract: "Shows which services want which types of the broker.",
        discussion: "Any service that is connected to the broker can be asked.")

    @OptionGroup var target: QueueTarget

    func run() async throws {
        try await talking { connection in
            let origin = try await target.one(connection)
            let report: SubscriptionReport = try await connection.call(.get, origin, "/queue/subscribers")
            if target.json { return try writeJSON(report) }
            guard !report.subscribers.isEmpty else { return StandardOutput.write("nobody wants anything\n") }
            let rows = report.subscribers.map { [$0.service, $0.types.joined(separator: " ")] }
            StandardOutput.write(QueueListCommand.table([["SUBSCRIBER", "TYPES"]] + rows))
        }
    }
}

/// `apus queue unsubscribe`: lets the broker forget a service that is gone for good.
struct QueueUnsubscribeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unsubscribe", abstract: "Lets the broker forget a service that is gone for good.",
        discussion: """
            Nothing more is kept for it then. What is kept already stays, where 'apus queue ls' of that service would show \
            it. A service that runs tells the broker again what it wants.
            """)

    @Argument(help: "The name of the service that is gone.")
    var subscriber: String

    @OptionGroup var target: QueueTarget

    func run() async throws {
        try await talking { connection in
            let origin = try await target.one(connection)
            var components = URLComponents()
            components.path = "/queue/subscribers"
            components.queryItems = [URLQueryItem(name: "service", value: subscriber)]
            let report: SubscriptionReport = try await connection.call(
                .delete, origin, components.string ?? components.path)
            if target.json { return try writeJSON(report) }
            StandardOutput.write("\(subscriber) is unsubscribed\n")
        }
    }
}

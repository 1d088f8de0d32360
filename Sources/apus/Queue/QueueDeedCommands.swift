// SPDX-License-Identifier: Apache-2.0
import ApusHTTP
import ApusMessaging
import ApusRuntime
import ArgumentParser

/// Which dead messages are meant.
struct QueueSelection: ParsableArguments {
    @Argument(help: "The channel.")
    var channel: String?

    @Argument(help: "The positions of the messages in the channel.")
    var positions: [String] = []

    @Flag(help: "All of the channel, or of all channels, that fit --type and --reason.")
    var all = false

    @Option(help: "With --all: only messages of this type.")
    var type: String?

    @Option(help: "With --all: only messages that are dead for this reason.")
    var reason: String?

    @Option(help: "Which of the service's queues: own or broker. (default: whichever holds the channel, or both)")
    var queue: String?

    @OptionGroup var target: QueueTarget

    func validate() throws {
        if all, !positions.isEmpty { throw ValidationError("--all takes no positions") }
        if !all {
            guard type == nil, reason == nil else { throw ValidationError("--type and --reason need --all") }
            guard channel != nil, !positions.isEmpty else {
                throw ValidationError("which messages? expected CHANNEL POSITION …, or --all")
            }
        }
    }

    func perform(_ deed: DeadSelection.Deed, _ connection: QueueConnection) async throws -> Int {
        let origin = try await target.one(connection)
        let selection = DeadSelection(
            queue: queue, channel: channel, positions: all ? nil : positions, all: all ? true : nil, type: type,
            reason: reason)
        let answer: DeadCount = try await connection.call(
            .post, origin, "/queue/dead/\(deed.rawValue)", body: selection)
        if !all, answer.count < positions.count {
            StandardOutput.writeError("apus queue: \(positions.count - answer.count) of them are not dead any more\n")
        }
        return answer.count
    }
}

/// `apus queue retry`: lets dead messages be tried again.
struct QueueRetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry", abstract: "Lets dead messages be tried again, from their first attempt.")

    @OptionGroup var selection: QueueSelection

    func run() async throws {
        try await talking { connection in
            StandardOutput.write("\(try await selection.perform(.retry, connection)) will be tried again\n")
        }
    }
}

/// `apus queue drop`: deletes dead messages for good.
struct QueueDropCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drop", abstract: "Deletes dead messages for good.")

    @OptionGroup var selection: QueueSelection

    func run() async throws {
        try await talking { connection in
            StandardOutput.write("\(try await selection.perform(.drop, connection)) dropped\n")
        }
    }
}

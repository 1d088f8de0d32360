// SPDX-License-Identifier: Apache-2.0

/// What the command line asks for.
struct Run {
    let job: String
    private(set) var backend = ""
    private(set) var connections = 16
    private(set) var publishers = 8
    private(set) var batch = 100
    private(set) var handlers = 16
    private(set) var backlog = 2_000
    private(set) var seconds = 4
    private(set) var messages = 1_000_000
    private(set) var maximumRSSMiB = 0

    /// Nil if the arguments make no sense.
    init?(_ arguments: some Sequence<String>) {
        var words = Array(arguments)
        guard !words.isEmpty, !words.count.isMultiple(of: 2) else { return nil }
        job = words.removeFirst()
        for index in stride(from: 0, to: words.count, by: 2) {
            let (name, text) = (words[index], words[index + 1])
            if name == "--backend" {
                backend = text
                continue
            }
            guard let value = Int(text), value > 0 else { return nil }
            switch name {
            case "--connections": connections = value
            case "--publishers": publishers = value
            case "--batch": batch = value
            case "--handlers": handlers = value
            case "--backlog": backlog = value
            case "--seconds": seconds = value
            case "--messages": messages = value
            case "--maximum-rss-mib": maximumRSSMiB = value
            default: return nil
            }
        }
        guard !backend.isEmpty, ["publish", "jobs", "idle", "soak"].contains(job) else { return nil }
    }

    func perform() async throws {
        let backend = try await Backend.open(backend, connections: connections, capacity: max(10_000_000, messages))
        switch job {
        case "publish": try await PublishJob(backend, publishers: publishers, batch: batch).run(seconds: seconds)
        case "jobs":
            try await CompleteJob(backend, publishers: publishers, handlers: handlers, backlog: backlog)
                .run(seconds: seconds)
        case "idle": try await IdleJob(backend, handlers: handlers).run(seconds: seconds)
        default:
            try await SoakJob(
                backend, messages: messages, publishers: publishers, batch: batch, handlers: handlers,
                maximumRSSMiB: maximumRSSMiB
            ).run()
        }
        await backend.close()
    }
}

// SPDX-License-Identifier: Apache-2.0
import ApusHTTP

/// What the command line asks for.
struct Run {
    let job: String
    let url: String
    private(set) var connections = 8
    private(set) var callers = 16
    private(set) var seconds = 4

    /// Nil if the arguments make no sense.
    init?(_ arguments: some Sequence<String>) {
        var words = Array(arguments)
        guard words.count >= 2, words.count.isMultiple(of: 2) else { return nil }
        job = words.removeFirst()
        url = words.removeFirst()
        for index in stride(from: 0, to: words.count, by: 2) {
            guard let value = Int(words[index + 1]), value > 0 else { return nil }
            switch words[index] {
            case "--connections": connections = value
            case "--callers": callers = value
            case "--seconds": seconds = value
            default: return nil
            }
        }
        guard ["postgres-select", "postgres-insert", "redis-get"].contains(job) else { return nil }
    }

    func measured(on loops: EventLoops) async throws -> Window {
        let load = Load(callers: callers, loop: loops.all[0])
        switch job {
        case "redis-get":
            let job = try RedisJob(url: url, connections: connections, loops: loops)
            defer { job.close() }
            return try await load.run(seconds: seconds, job.get)
        default:
            let job = try PostgresJob(url: url, connections: connections)
            let window = try await load.run(seconds: seconds, self.job == "postgres-select" ? job.select : job.insert)
            await job.close()
            return window
        }
    }
}

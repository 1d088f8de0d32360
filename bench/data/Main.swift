// SPDX-License-Identifier: Apache-2.0
import ApusHTTP
import ApusRuntime
import Foundation

/// The client side of `scripts/bench data`: callers on one event loop that ask PostgreSQL or Redis again and again.
///
///     bench-data postgres-select postgres://… --connections 8 --callers 16 --seconds 4
///     bench-data postgres-insert postgres://… …
///     bench-data redis-get redis://… --connections 1 --callers 64 --seconds 4
@main
struct Main {
    static func main() async {
        guard let run = Run(CommandLine.arguments.dropFirst()) else {
            StandardOutput.writeError(
                """
                usage: bench-data postgres-select | postgres-insert | redis-get URL \
                [--connections N] [--callers N] [--seconds N]\n
                """)
            exit(2)
        }
        do {
            let loops = EventLoops(count: 1)
            let measured = try await run.measured(on: loops)
            StandardOutput.write("APUS \(measured.json)\n")
            try await loops.shutdown()
        } catch {
            StandardOutput.writeError("bench-data: \(error)\n")
            exit(1)
        }
    }
}

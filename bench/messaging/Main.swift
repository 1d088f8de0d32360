// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The queue under load, on the store that a URL names: what `scripts/bench messaging` and `scripts/soak` run. Prints each
/// figure as a line `NAME VALUE`. Ends with 1 if something went wrong or wasn't what it must be.
///
///     bench-messaging publish --backend sqlite:queue.db --publishers 8 --batch 100 --seconds 4
///     bench-messaging jobs --backend postgres://… --publishers 64 --handlers 256 --backlog 2000 --seconds 4
///     bench-messaging idle --backend redis://… --seconds 4
///     bench-messaging soak --backend sqlite:queue.db --messages 1000000 --handlers 64 --maximum-rss-mib 128
@main
struct Main {
    static func main() async {
        guard let run = Run(CommandLine.arguments.dropFirst()) else {
            say(
                """
                usage: bench-messaging publish | jobs | idle | soak --backend URL [--connections N] [--publishers N]
                       [--batch N] [--handlers N] [--backlog N] [--seconds N] [--messages N] [--maximum-rss-mib N]
                URL:   memory:  sqlite:PATH  sqlite:PATH?synchronous=normal  postgres://…  nats://…
                """)
            exit(2)
        }
        do {
            try await run.perform()
        } catch {
            say("bench-messaging: \(error)")
            exit(1)
        }
    }

    /// Prints a figure as the harness reads it.
    static func report(_ name: String, _ value: Double) {
        print(name, (value * 1_000).rounded() / 1_000)
    }

    /// Tells a person something, on standard error.
    static func say(_ text: String) {
        FileHandle.standardError.write(Data("\(text)\n".utf8))
    }
}

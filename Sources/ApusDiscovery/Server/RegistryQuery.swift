// SPDX-License-Identifier: Apache-2.0

/// The query of a request to a registry. An unknown name is refused: a misspelt `wait` would otherwise spin its watcher.
struct RegistryQuery: Hashable {
    var index: UInt64?
    var wait: Duration?
    var generation: UInt64?

    init(_ query: Substring?) throws(DiscoveryError) {
        for pair in (query ?? "").split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let text = parts.count == 2 ? parts[1] : ""
            switch parts[0] {
            case "index": index = try Self.number("index", text)
            case "generation": generation = try Self.number("generation", text)
            case "wait":
                guard let duration = Self.duration(text) else {
                    throw DiscoveryError(.invalid, "'wait' must be a duration such as 30s or 500ms")
                }
                wait = duration
            default:
                throw DiscoveryError(
                    .invalid, "unknown parameter '\(parts[0].prefix(64))'; known: index, wait, generation")
            }
        }
    }

    private static func number(_ name: String, _ text: Substring) throws(DiscoveryError) -> UInt64 {
        guard let number = UInt64(text) else { throw DiscoveryError(.invalid, "'\(name)' must be a whole number") }
        return number
    }

    private static func duration(_ text: Substring) -> Duration? {
        if text.hasSuffix("ms") { return UInt32(text.dropLast(2)).map { .milliseconds($0) } }
        if text.hasSuffix("s") { return UInt32(text.dropLast()).map { .seconds($0) } }
        return nil
    }
}

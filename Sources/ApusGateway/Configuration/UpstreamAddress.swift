// SPDX-License-Identifier: Apache-2.0

/// The address of an instance: `http://host:port`, `https://host:port` or `unix:/path`.
public struct UpstreamAddress: Hashable, Sendable, CustomStringConvertible {
    public let description: String

    /// Reads an address, or returns nil if it is not one. A path, a query and credentials are refused: what is sent comes
    /// from the request alone.
    public init?(_ text: String) {
        description = text.hasSuffix("/") && !text.hasPrefix("unix:") ? String(text.dropLast()) : text
        if text.hasPrefix("unix:") {
            guard ListenAddress(text) != nil else { return nil }
            return
        }
        guard let scheme = ["http://", "https://"].first(where: { description.hasPrefix($0) }),
            let (_, port) = HostPort.split(String(description.dropFirst(scheme.count))), port != 0
        else { return nil }
    }
}

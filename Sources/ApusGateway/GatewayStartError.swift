// SPDX-License-Identifier: Apache-2.0

/// Why a gateway could not be started with a configuration that is well formed: a port that is taken, a file that can't
/// be read.
public struct GatewayStartError: Error, Sendable, CustomStringConvertible {
    /// What failed and why, for a person.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}

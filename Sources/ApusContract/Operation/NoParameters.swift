// SPDX-License-Identifier: Apache-2.0

/// The parameters of an operation that takes none.
public struct NoParameters: Described, Hashable {
    public static let schema = Schema<NoParameters> {}

    public init() {}
}

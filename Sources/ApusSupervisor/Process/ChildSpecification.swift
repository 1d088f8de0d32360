// SPDX-License-Identifier: Apache-2.0

/// What is started as a process.
struct ChildSpecification: Hashable, Sendable {
    /// The program's absolute path.
    var path: String
    var arguments: [String]
    /// The whole environment; nothing is inherited beside it.
    var environment: [String: String]
}

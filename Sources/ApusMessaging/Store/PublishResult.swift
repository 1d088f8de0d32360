// SPDX-License-Identifier: Apache-2.0
/// What became of a published message.
public enum PublishResult: Sendable, Hashable {
    /// It is stored, once its transaction commits.
    case stored
    /// It was there already, by its source and id or by its unique key: nothing was changed.
    case duplicate
}

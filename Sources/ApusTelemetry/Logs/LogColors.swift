// SPDX-License-Identifier: Apache-2.0

/// Whether console lines are coloured.
public enum LogColors: String, Sendable, CaseIterable {
    /// If the stream is a terminal that isn't dumb, and `NO_COLOR` is not set.
    case auto
    case always
    case never
}

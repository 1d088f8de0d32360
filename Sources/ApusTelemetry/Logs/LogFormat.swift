// SPDX-License-Identifier: Apache-2.0

/// How log lines look.
public enum LogFormat: String, Sendable, CaseIterable {
    /// One JSON object a line (``JSONLogHandler``).
    case json
    /// For a person at a terminal (``ConsoleLogHandler``).
    case console
    /// `console` if the stream is a terminal, otherwise `json`.
    case auto
}

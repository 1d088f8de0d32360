// SPDX-License-Identifier: Apache-2.0

/// What a ``Settings`` remembers of a key that was asked for. Holds only what may be shown.
struct SettingsEntry: Sendable, Hashable {
    let key: String
    let help: String
    /// The default as `--help` shows it; nil if there is none.
    let shownDefault: String?
    let isRequired: Bool
    /// The value in force as `--print-config` shows it; nil if there is none.
    var shown: String?
    var origin = SettingsOrigin.default

    /// The name of the argument that sets `key`: `PORT` is `--port`, `DATA_DIR` is `--data-dir`.
    static func option(_ key: String) -> String {
        "--" + key.lowercased().replacing("_", with: "-")
    }
}

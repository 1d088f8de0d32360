// SPDX-License-Identifier: Apache-2.0

/// How the text of a setting becomes a value, and how the value is shown.
///
/// The kinds that most programs need are here (`SettingKind+….swift`); others are made with ``init(placeholder:parse:show:)``.
public struct SettingKind<Value: Sendable>: Sendable {
    let placeholder: Value
    let parse: @Sendable (String) throws(SettingRejection) -> Value
    let show: @Sendable (Value) -> String
    /// How a text that is not a value is shown in a problem.
    var quote: @Sendable (String) -> String = SettingText.quoted
    /// Whether the value is never shown.
    var isSecret = false
    /// Whether `--name` alone means `true`.
    var isFlag = false

    /// A kind of setting.
    ///
    /// - Parameters:
    ///   - placeholder: What a reader gets for a text that is not a value. It is never put to use, because
    ///     ``Settings/validate()`` throws then.
    ///   - parse: Makes the value, or throws why the text is none.
    ///   - show: The value as tables show it.
    public init(
        placeholder: Value, parse: @escaping @Sendable (String) throws(SettingRejection) -> Value,
        show: @escaping @Sendable (Value) -> String
    ) {
        self.placeholder = placeholder
        self.parse = parse
        self.show = show
    }
}

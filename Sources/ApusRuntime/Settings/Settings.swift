// SPDX-License-Identifier: Apache-2.0
internal import ApusCore
internal import Foundation

/// Reads a program's settings, each by its key, and remembers every key that was asked for.
///
/// ```swift
/// var settings = Settings.ofProcess()
/// let port = settings.integer("PORT", default: 8080, in: 0...65535, "listen port")
/// let password = settings.secret("PASSWORD", "of the mail account")
/// try settings.validate()
/// ```
///
/// The first of these that has the key counts: arguments (`--data-dir x`, `--data-dir=x`), the environment (`DATA_DIR=x`),
/// `.env`, the default. Wherever `NAME` may stand, `NAME_FILE` may stand instead: it names a file that holds the value
/// (a newline at its end is cut). Both at the same place is a problem.
///
/// **Nothing falls back silently.** A text that is not a value gives a problem, whatever default there is; so does an
/// argument that nobody asked for. Readers return something in any case, so that all problems are found in one go, and
/// ``validate()`` throws them together before anything of it is used. A key in `.env` that nobody asked for is only a
/// warning, since such files are shared.
///
/// Not safe to use from several tasks at once; read settings when the program starts.
public struct Settings: Sendable {
    /// Whether `--help` or `-h` was given.
    public let isHelpRequested: Bool
    /// Whether `--print-config` was given.
    public let isPrintConfigRequested: Bool

    /// What the program does besides running, as the first of its arguments.
    let commands: [SettingsCommand]
    /// That which was asked for.
    public let command: String?
    private var arguments: ArgumentList
    private let environment: [String: String]
    private let dotEnv: DotEnv
    private(set) var entries: [SettingsEntry] = []
    private var found: [SettingsProblem] = []
    private var exposed: [String] = []
    private var warned: [SettingsProblem] = []
    /// The keys whose texts are no values: what was returned for them says nothing.
    private var unreadable: Set<String> = []

    /// Settings from what is given.
    ///
    /// - Parameters:
    ///   - arguments: The words after the program's name.
    ///   - environment: The environment's variables.
    ///   - dotEnv: The `.env` file.
    ///   - commands: What the first word may be that is no option.
    public init(
        arguments: [String] = [], environment: [String: String] = [:], dotEnv: DotEnv = .none,
        commands: [SettingsCommand] = []
    ) {
        self.commands = commands
        command = arguments.first.flatMap { first in commands.contains { $0.name == first } ? first : nil }
        var arguments = ArgumentList(Array(arguments.dropFirst(command == nil ? 0 : 1)))
        let (long, short) = (arguments.takeFlag("--help"), arguments.takeFlag("-h"))
        isHelpRequested = long || short
        isPrintConfigRequested = arguments.takeFlag("--print-config")
        self.arguments = arguments
        self.environment = environment
        self.dotEnv = dotEnv
    }

    /// Settings from this process's arguments, environment, and `.env` in its working directory.
    public static func ofProcess(commands: [SettingsCommand] = []) -> Settings {
        Settings(
            arguments: Array(CommandLine.arguments.dropFirst()), environment: ProcessInfo.processInfo.environment,
            dotEnv: DotEnv(path: ".env"), commands: commands)
    }

    /// The value of `key`, or `default` if it is given nowhere.
    public mutating func value<Value>(
        _ key: String, _ kind: SettingKind<Value>, default: Value, _ help: String
    ) -> Value {
        read(key, kind, help, default: `default`, isRequired: false, emptyMeansNone: false) ?? `default`
    }

    /// The value of `key`, or nil if it is given nowhere or is empty.
    public mutating func value<Value>(_ key: String, _ kind: SettingKind<Value>, _ help: String) -> Value? {
        read(key, kind, help, default: nil, isRequired: false, emptyMeansNone: true)
    }

    /// The value of `key`. A key that is given nowhere is a problem.
    public mutating func required<Value>(_ key: String, _ kind: SettingKind<Value>, _ help: String) -> Value {
        read(key, kind, help, default: nil, isRequired: true, emptyMeansNone: false) ?? kind.placeholder
    }

    /// Adds a problem with a key that was read: what no kind can see, such as two keys that exclude each other. A key
    /// whose text is no value has its problem already; nothing is added, since only a stand-in was looked at.
    public mutating func reject(_ key: String, _ message: String) {
        guard !unreadable.contains(key) else { return }
        found.append(SettingsProblem(key, origin: origin(of: key), message))
    }

    /// Adds a warning about a key that was read: what is odd but does no harm.
    public mutating func warn(_ key: String, _ message: String) {
        guard !unreadable.contains(key) else { return }
        warned.append(SettingsProblem(key, origin: origin(of: key), message))
    }

    private func origin(of key: String) -> SettingsOrigin? {
        let origin = entries.first { $0.key == key }?.origin
        return origin == .default ? nil : origin
    }

    /// Throws every problem found so far. Call it after the last key was read.
    public func validate() throws(SettingsError) {
        let problems = self.problems
        if !problems.isEmpty { throw SettingsError(problems: problems) }
    }

    /// Every problem found so far, unknown arguments included.
    public var problems: [SettingsProblem] {
        let options = entries.flatMap { [SettingsEntry.option($0.key), SettingsEntry.option($0.key + "_FILE")] }
        let unknown = arguments.unknown.map { word in
            guard word.hasPrefix("-") else {
                let known = commands.isEmpty ? "" : "\(commands.map(\.name).joined(separator: ", ")) or "
                return SettingsProblem(SettingText.quoted(word), "unexpected argument; expected \(known)--name value")
            }
            let hint = NearestName.nearest(to: word, in: options + ["--help", "--print-config"])
            return SettingsProblem(
                SettingText.escaped(word), "unknown argument" + (hint.map { "; did you mean \($0)?" } ?? "; see --help")
            )
        }
        return dotEnv.problems + found + unknown
    }

    /// What is odd but does no harm, a sentence each: unknown keys in `.env`, secrets given as arguments, and what
    /// ``warn(_:_:)`` added.
    public var warnings: [String] {
        let keys = entries.flatMap { [$0.key, $0.key + "_FILE"] }
        let unknown = dotEnv.entries.filter { !keys.contains($0.key) }.sorted { $0.value.line < $1.value.line }
        return unknown.map { key, entry in
            let hint = NearestName.nearest(to: key, in: entries.map(\.key)).map { "; did you mean \($0)?" } ?? ""
            return "\(dotEnv.path):\(entry.line): \(key) is not a known setting\(hint)"
        } + exposed.map { "\($0) is visible to other users as an argument; give it as \($0)_FILE" }
            + warned.map(\.description)
    }
}

extension Settings {
    private mutating func read<Value>(
        _ key: String, _ kind: SettingKind<Value>, _ help: String, default fallback: Value?, isRequired: Bool,
        emptyMeansNone: Bool
    ) -> Value? {
        var entry = SettingsEntry(
            key: key, help: help, shownDefault: fallback.map(kind.show), isRequired: isRequired,
            shown: fallback.map(kind.show))
        let problemsBefore = found.count
        let source = lookUp(key, isFlag: kind.isFlag)
        defer { if !entries.contains(where: { $0.key == key }) { entries.append(entry) } }
        guard let (text, origin) = source else {
            if found.count != problemsBefore { unreadable.insert(key) }
            if isRequired, found.count == problemsBefore {
                found.append(
                    SettingsProblem(key, "is not set; expected \(SettingsEntry.option(key)), \(key) or \(key)_FILE"))
            }
            return nil
        }
        entry.origin = origin
        if kind.isSecret, origin == .argument { exposed.append(key) }
        if emptyMeansNone, text.isEmpty {
            entry.shown = nil
            return nil
        }
        do throws(SettingRejection) {
            let value = try kind.parse(text)
            entry.shown = kind.show(value)
            return value
        } catch {
            entry.shown = kind.quote(text) + " (!)"
            let expected = error.expected.map { "; expected \($0)" } ?? ""
            found.append(SettingsProblem(key, origin: origin, "\(kind.quote(text)) \(error.reason)\(expected)"))
            unreadable.insert(key)
            return kind.placeholder
        }
    }

    /// The text that counts for `key`. Adds problems on the way.
    private mutating func lookUp(_ key: String, isFlag: Bool) -> (String, SettingsOrigin)? {
        let option = SettingsEntry.option(key)
        let fileKey = key + "_FILE"
        let direct = take(option, key, isFlag: isFlag)
        let file = take(SettingsEntry.option(fileKey), fileKey, isFlag: false)
        if direct != nil || file != nil { return choose(key, direct, file, .argument) }
        if environment[key] != nil || environment[fileKey] != nil {
            return choose(key, environment[key], environment[fileKey], .environment)
        }
        let (entry, fileEntry) = (dotEnv.entries[key], dotEnv.entries[fileKey])
        guard let line = entry?.line ?? fileEntry?.line else { return nil }
        return choose(key, entry?.value, fileEntry?.value, .dotEnv(path: dotEnv.path, line: line))
    }

    private mutating func take(_ option: String, _ key: String, isFlag: Bool) -> String? {
        switch arguments.take(option, isFlag: isFlag) {
        case .value(let text): return text
        case .absent: return nil
        case .withoutValue: found.append(SettingsProblem(key, origin: .argument, "\(option) has no value"))
        case .repeated: found.append(SettingsProblem(key, origin: .argument, "\(option) is given more than once"))
        }
        return nil
    }

    private mutating func choose(
        _ key: String, _ text: String?, _ path: String?, _ origin: SettingsOrigin
    ) -> (String, SettingsOrigin)? {
        if let text, path == nil { return (text, origin) }
        guard let path, text == nil else {
            found.append(
                SettingsProblem(key, origin: origin, "\(key) and \(key)_FILE are both given; expected one of them"))
            return nil
        }
        switch SettingsFile.read(path) {
        case .text(let text):
            return (text.hasSuffix("\r\n") || text.hasSuffix("\n") ? String(text.dropLast()) : text, .file(path: path))
        case .absent:
            found.append(SettingsProblem(key + "_FILE", origin: origin, "\(SettingText.quoted(path)) doesn't exist"))
        case .unreadable(let why):
            found.append(SettingsProblem(key + "_FILE", origin: origin, "\(SettingText.quoted(path)) \(why)"))
        }
        return nil
    }
}

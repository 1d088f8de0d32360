// SPDX-License-Identifier: Apache-2.0
import Foundation

/// How the lines of many processes become one log: each with the name of who wrote it.
///
/// For a terminal the name has a colour of its own, lines of JSON become readable, and control characters are taken out,
/// so that no process can drive the terminal. For anything else every line stays as it is behind its name.
struct LogStyle: Sendable {
    let isTerminal: Bool
    /// The width of the column of names.
    let width: Int

    private static let palette = [36, 33, 32, 35, 34, 96, 93, 92, 95, 94]
    private static let known: Set<String> = [
        "time", "timestamp", "ts", "level", "message", "msg", "service", "label", "logger", "source",
    ]

    /// - Parameter number: Which of the processes wrote it; chooses the colour.
    func line(_ text: String, from name: String, number: Int) -> String {
        let padded = name.padding(toLength: max(width, name.count), withPad: " ", startingAt: 0)
        guard isTerminal else { return "\(padded) | \(text)\n" }
        let colour = Self.palette[number % Self.palette.count]
        return "\u{1B}[\(colour)m\(padded) |\u{1B}[0m \(readable(text))\n"
    }

    private func readable(_ text: String) -> String {
        guard text.hasPrefix("{"), let fields = fields(text), let message = fields["message"] ?? fields["msg"] else {
            return Self.harmless(text)
        }
        let level = "\(fields["level"] ?? "info")".lowercased()
        let time = "\(fields["time"] ?? fields["timestamp"] ?? fields["ts"] ?? "")"
        let clock = time.split(separator: "T").last.map { $0.prefix(12) } ?? ""
        let rest = fields.filter { !Self.known.contains($0.key) }.sorted { $0.key < $1.key }
            .map { " \u{1B}[2m\(Self.harmless($0.key))=\u{1B}[0m\(Self.harmless(Self.text($0.value)))" }.joined()
        return
            "\u{1B}[2m\(Self.harmless(String(clock)))\u{1B}[0m \(Self.badge(level)) \(Self.harmless("\(message)"))\(rest)"
    }

    private func fields(_ text: String) -> [String: Any]? {
        do {
            return try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        } catch {
            return nil
        }
    }

    private static func text(_ value: Any) -> String {
        guard value is [Any] || value is [String: Any] else { return "\(value)" }
        do {
            let data = try JSONSerialization.data(
                withJSONObject: value, options: [.sortedKeys, .withoutEscapingSlashes])
            return String(decoding: data, as: UTF8.self)
        } catch {
            return "\(value)"
        }
    }

    private static func badge(_ level: String) -> String {
        let colour =
            switch level {
            case "critical", "fatal", "error": 31
            case "warning", "warn": 33
            case "debug", "trace": 90
            default: 0
            }
        return "\u{1B}[\(colour)m\(harmless(level).padding(toLength: 7, withPad: " ", startingAt: 0))\u{1B}[0m"
    }

    /// Without control characters but the tab.
    static func harmless(_ text: String) -> String {
        let isControl = { (scalar: Unicode.Scalar) in
            scalar != "\t" && (scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value))
        }
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        var cleaned = String.UnicodeScalarView()
        cleaned.append(contentsOf: text.unicodeScalars.map { isControl($0) ? "\u{FFFD}" : $0 })
        return String(cleaned)
    }
}

// SPDX-License-Identifier: Apache-2.0
import ApusTelemetry
import Foundation
import Logging
import Testing

/// A logger that writes into memory, and what came of it.
struct TestLog {
    let target = MemoryLogTarget()
    let output: LogOutput

    /// 2026-11-22T19:49:44.123Z
    static let time = WallTime(nanoseconds: 1_795_376_984_123_456_789)

    init(_ format: LogFormat = .json, level: Logger.Level = .info, isColored: Bool = false, service: String = "orders")
    {
        output = LogOutput(
            target: target, service: service, format: format, level: level, isColored: isColored,
            clock: { TestLog.time })
    }

    var logger: Logger { output.logger(label: "shop.orders") }

    /// The lines logged so far, with their line ends.
    func text() -> String {
        #expect(output.flush(within: .seconds(10)))
        return target.text
    }

    /// The one line logged so far, as JSON.
    func object(_ location: SourceLocation = #_sourceLocation) throws -> [String: Any] {
        let text = text()
        #expect(text.utf8.count { $0 == 10 } == 1 && text.hasSuffix("\n"), "one line", sourceLocation: location)
        let object = try JSONSerialization.jsonObject(with: Data(text.utf8))
        return try #require(object as? [String: Any], sourceLocation: location)
    }
}

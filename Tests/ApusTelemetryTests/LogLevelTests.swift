// SPDX-License-Identifier: Apache-2.0
import ApusTelemetry
import Logging
import Testing

@Suite("The level of the log")
struct LogLevelTests {
    @Test("Loggers follow the shared level, also those made before it changed")
    func shared() {
        let log = TestLog(level: .warning)
        let logger = log.logger
        logger.info("hidden")
        #expect(logger.logLevel == .warning)
        log.output.level.level = .debug
        logger.debug("shown")
        logger.trace("hidden")
        #expect(logger.logLevel == .debug)
        let text = log.text()
        #expect(text.contains("shown"))
        #expect(!text.contains("hidden"))
    }

    @Test("A logger with a level of its own keeps it, and others don't get it", arguments: [LogFormat.json, .console])
    func own(format: LogFormat) {
        let log = TestLog(format)
        var special = log.logger
        special.logLevel = .trace
        log.output.level.level = .critical
        special.trace("special")
        log.logger.error("ordinary")
        #expect(log.text().contains("special"))
        #expect(!log.text().contains("ordinary"))
    }

    @Test("Every level survives the box", arguments: Logger.Level.allCases)
    func roundTrip(level: Logger.Level) {
        let box = LogLevelBox(.info)
        box.level = level
        #expect(box.level == level)
    }

    @Test("The format is JSON unless the stream is a terminal, and what is asked for otherwise")
    func configuration() {
        var configuration = LogConfiguration(service: "x")
        let expected: LogFormat = LogStream.standardError.isTerminal ? .console : .json
        #expect(configuration.makeOutput().format == expected)
        configuration.format = .console
        configuration.colors = .always
        #expect(configuration.makeOutput().format == .console)
        #expect(configuration.makeOutput().isColored)
        configuration.colors = .never
        #expect(!configuration.makeOutput().isColored)
    }
}

// SPDX-License-Identifier: Apache-2.0
import ApusYAML
import Foundation
import Testing

@testable import ApusGateway

/// Each `NAME.yaml` beside its `NAME.expected`: the problems that reading it must report. `APUS_RECORD=1` rewrites
/// them.
@Suite("Gateway files and what is reported about them")
struct GatewayFileGoldenTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("GatewayFiles")

    static let names: [String] = {
        // None if the folder isn't there; the first test sees to it.
        let files = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
        return files.filter { $0.hasSuffix(".yaml") }.sorted()
    }()

    @Test("there are golden files")
    func exist() {
        #expect(Self.names.count >= 10)
    }

    @Test("every problem of the file is reported, with its place", arguments: names)
    func golden(name: String) throws {
        let text = try String(contentsOf: Self.folder.appendingPathComponent(name), encoding: .utf8)
        let file = GatewayFile(text, name: name)
        let lines = file.problems.map { $0.description + "\n" }.joined()
        let expected = Self.folder.appendingPathComponent(name.replacingOccurrences(of: ".yaml", with: ".expected"))
        if ProcessInfo.processInfo.environment["APUS_RECORD"] != nil {
            try lines.write(to: expected, atomically: true, encoding: .utf8)
        }
        #expect(try lines == String(contentsOf: expected, encoding: .utf8))
        #expect((file.configuration == nil) == file.problems.contains { $0.severity == .error })
    }

    @Test("no problem shows a secret that stands in the file")
    func secretsStayHidden() throws {
        for name in ["secrets.yaml", "addresses.yaml"] {
            let text = try String(contentsOf: Self.folder.appendingPathComponent(name), encoding: .utf8)
            let shown = GatewayFile(text, name: name).problems.description
            #expect(!shown.contains("hunter2"))
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
import ApusRuntime
import ApusTesting
import Foundation
import Testing

@Suite("The data folder")
struct DataFolderTests {
    @Test("it is made with those above it, and left empty")
    func made() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/a/b/c"
        try DataFolder.prepare(path)
        try DataFolder.prepare(path)
        #expect(try FileManager.default.contentsOfDirectory(atPath: path).isEmpty)
    }

    @Test("one that can't be made is a clear error with status 2")
    func notMade() throws {
        let folder = try TemporaryFolder()
        let file = try folder.file("x", "")
        let error = try #require(throws: StartError.self) { try DataFolder.prepare("\(file)/data") }
        #expect(
            error.description
                == "data folder \"\(file)/data\": cannot make \"\(file)/data\": Not a directory; "
                + "set DATA_DIR to a folder that this user may write to")
        #expect(error.exitStatus == 2)
    }

    @Test("one that can't be written to is a clear error, also for the superuser")
    func notWritable() throws {
        let error = try #require(throws: StartError.self) { try DataFolder.prepare("/proc") }
        #expect(error.description.hasPrefix("data folder \"/proc\": cannot write in it: "))
    }
}

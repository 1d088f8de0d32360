// SPDX-License-Identifier: Apache-2.0
import ApusTesting
import Testing

@testable import ApusRuntime

@Suite("Who holds a port")
struct PortOwnerTests {
    let table = """
          sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
           0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1 00 100 0 0 10 0
           1: 0100007F:1F90 0100007F:D431 01 00000000:00000000 00:00000000 00000000  1000        0 4712 1 00 100 0 0 10 0
           2: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 00 100 0 0 10 0
        """

    @Test("the inode of the listening socket is found, not those of its connections")
    func listeners() {
        #expect(PortOwner.listeners(in: table, port: 8080) == ["4711"])
        #expect(PortOwner.listeners(in: table, port: 80) == ["4713"])
        #expect(PortOwner.listeners(in: table, port: 90) == [])
        #expect(PortOwner.listeners(in: "", port: 1) == [])
    }

    @Test("they are found in the table of a machine with many connections")
    func busy() throws {
        let folder = try TemporaryFolder()
        let connection = table.split(separator: "\n")[2] + "\n"
        let file = try folder.file("tcp", String(repeating: String(connection), count: 20_000) + table)
        #expect(PortOwner.listeners(inTables: ["/none", file], port: 80) == ["4713"])
    }
}

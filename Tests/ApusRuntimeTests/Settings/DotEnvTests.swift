// SPDX-License-Identifier: Apache-2.0
import ApusRuntime
import ApusTesting
import Testing

@Suite(".env")
struct DotEnvTests {
    @Test(
        "lines are read as described",
        arguments: [
            ("A=1", "1"), ("A=", ""), ("export A=1", "1"), ("  A = 1  ", "1"), ("A=1 # why", "1"), ("A=1#2", "1#2"),
            ("A= # why", ""), ("A=#1", "#1"), ("A=a b", "a b"), ("A='a # b'", "a # b"), ("A=\"a # b\" # c", "a # b"),
            (#"A="x\ny\t\"\\\$""#, "x\ny\t\"\\$"), (#"A='x\n'"#, #"x\n"#), ("A='x\ny'", "x\ny"), ("A=\"x\ny\"", "x\ny"),
            ("A=1\r\n", "1"), ("A='1'\r\nB=2\r\n", "1"), ("\u{feff}A=1", "1"), ("# A=0\n\nA=1", "1"),
            ("A=$HOME", "$HOME"),
            ("A=ä€", "ä€"), ("A=b=c", "b=c"), ("export=1\nA=2", "2"), ("A=\"\"", ""), ("A=\t1", "1"),
        ])
    func values(text: String, expected: String) {
        let file = DotEnv(text: text)
        #expect(file.problems.isEmpty, "\(file.problems)")
        #expect(file["A"] == expected)
    }

    @Test(
        "bad lines are named by number and the others are read",
        arguments: [
            ("\nA", 2, "expected KEY=VALUE, with letters, digits and _ in the key"),
            ("A-B=1", 1, "expected KEY=VALUE, with letters, digits and _ in the key"),
            ("=1", 1, "expected a key that begins with a letter or _ before the ="),
            ("1A=1", 1, "expected a key that begins with a letter or _ before the ="),
            ("A='x", 1, "the quote is never closed"),
            ("A='x' y", 1, "unexpected text after the closing quote"),
            ("B=1\nB=2", 2, "B is already given in line 1"),
            ("A='x\ny'\nA=2", 3, "A is already given in line 1"),
            ("A=\"x\n\\q\"", 2, #"unknown escape after a backslash; known are \n \r \t \\ \" \' \$"#),
        ])
    func problems(text: String, line: Int, message: String) {
        let file = DotEnv(text: text + "\nLAST=1\n", path: "dir/.env")
        #expect(file.problems.first?.description == "dir/.env:\(line): \(message)")
        #expect(file["LAST"] == "1")
    }

    @Test("no file is no problem; one that can't be read is")
    func files() throws {
        let folder = try TemporaryFolder()
        #expect(DotEnv(path: "\(folder.path)/.env").problems.isEmpty)
        #expect(
            DotEnv(path: folder.path).problems.map(\.description) == ["\(folder.path): can't be read: Is a directory"])
        let file = try folder.file(".env", "A=1")
        #expect(DotEnv(path: file)["A"] == "1")
    }

    @Test("any bytes are read to the end")
    func anything() {
        let pieces = ["A", "=", "'", "\"", "\\", "\n", "#", " ", "export ", "\r", "é", "$"]
        for first in pieces {
            for second in pieces {
                for third in pieces {
                    for fourth in pieces {
                        let file = DotEnv(text: first + second + third + fourth + "\nLAST=1\n")
                        #expect(file["LAST"] == "1" || file["A"] != nil || !file.problems.isEmpty)
                    }
                }
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
#if Redis
    import ApusCore
    import CHiredis
    import NIOCore
    import Testing

    @testable import ApusRedis

    @Suite("The wire")
    struct WireTests {
        private func read(_ text: String, pieces: Int = .max, maximumBytes: Int = 1 << 20) throws -> [RedisValue] {
            let reader = ReplyReader(maximumBytes: maximumBytes, maximumElements: 1_000)
            var values: [RedisValue] = []
            var rest = Array(text.utf8)[...]
            while !rest.isEmpty {
                try reader.feed(ByteBuffer(bytes: rest.prefix(pieces)))
                rest = rest.dropFirst(pieces)
                while let value = try reader.next() { values.append(value) }
            }
            return values
        }

        @Test("commands are written as hiredis writes them")
        func commands() {
            var random = FastRandom(seed: 7)
            for _ in 0..<500 {
                var words: [RedisArgument] = []
                for _ in 0..<Int.random(in: 0...5, using: &random) {
                    switch Int.random(in: 0...3, using: &random) {
                    case 0: words.append(.integer(Int64.random(in: .min ... .max, using: &random)))
                    case 1: words.append(.integer(Int64.random(in: -200...200, using: &random)))
                    case 2:
                        words.append(.string(String(repeating: "é", count: Int.random(in: 0...200, using: &random))))
                    default:
                        let count = Int.random(in: 0...300, using: &random)
                        words.append(.bytes((0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }))
                    }
                }
                words.append(.integer(.min))
                let command = RedisCommand("SET", words)
                var buffer = ByteBuffer()
                command.write(to: &buffer)
                #expect(Array(buffer.readableBytesView) == formatted(command))
                #expect(command.size >= buffer.readableBytes)
            }
        }

        @Test("frames are what their commands write, one behind the other")
        func frames() {
            var random = FastRandom(seed: 8)
            for _ in 0..<300 {
                var frame = RedisFrame(capacity: Int.random(in: 0...100, using: &random))
                var expected: [UInt8] = []
                let count = Int.random(in: 0...3, using: &random)
                for _ in 0..<count {
                    let words = (0..<Int.random(in: 0...12, using: &random)).map { _ -> RedisArgument in
                        let text = String(repeating: "é", count: Int.random(in: 0...120, using: &random))
                        return switch Int.random(in: 0...4, using: &random) {
                        case 0: .integer(Int64.random(in: 0 ... .max, using: &random))
                        case 1: .integer(Int64.random(in: 0...200, using: &random))
                        case 2: .string(text)
                        default: .bytes(Array(text.utf8))
                        }
                    }
                    frame.command("EVALSHA", words: words.count)
                    for word in words {
                        switch word {
                        case .integer(let number): frame.word(Int(number))
                        case .string(let text):
                            let parts = [text.prefix(text.count / 3), text.dropFirst(text.count / 3)].map(String.init)
                            if text.count < 40 { frame.word(text) } else { frame.word(parts[0], "", parts[1]) }
                        case .bytes(let bytes):
                            let cut = bytes.count / 2
                            if cut < 40 {
                                frame.word(bytes[...])
                            } else {
                                frame.word(bytes.count) { text in
                                    text += bytes[..<cut]
                                    text += bytes[cut...]
                                }
                            }
                        }
                    }
                    expected += formatted(RedisCommand("EVALSHA", words))
                }
                #expect(frame.bytes == expected)
                #expect(frame.commands == count)
            }
        }

        private func formatted(_ command: RedisCommand) -> [UInt8] {
            let words =
                [Array(command.name.utf8)]
                + command.arguments.map { argument in
                    switch argument {
                    case .string(let text): Array(text.utf8)
                    case .bytes(let bytes): bytes
                    case .integer(let number): Array(String(number).utf8)
                    }
                }
            let pointers = words.map { word in
                let copy = UnsafeMutableBufferPointer<CChar>.allocate(capacity: word.count + 1)
                for (index, byte) in word.enumerated() { copy[index] = CChar(bitPattern: byte) }
                return copy
            }
            defer { for pointer in pointers { pointer.deallocate() } }
            var arguments = pointers.map { $0.baseAddress.map { UnsafePointer($0) } }
            let lengths = words.map(\.count)
            var target: UnsafeMutablePointer<CChar>?
            let count = redisFormatCommandArgv(&target, Int32(words.count), &arguments, lengths)
            defer { redisFreeCommand(target) }
            guard let target, count > 0 else { return [] }
            return UnsafeBufferPointer(start: target, count: Int(count)).map { UInt8(bitPattern: $0) }
        }

        @Test("replies are the same however they are cut", arguments: 1...7)
        func pieces(size: Int) throws {
            let text =
                "+OK\r\n:-12\r\n$5\r\nhe\r\no\r\n$-1\r\n*-1\r\n*0\r\n*3\r\n:1\r\n*1\r\n$0\r\n\r\n-WRONGTYPE no\r\n-oh dear\r\n"
            let values = try read(text, pieces: size)
            #expect(
                values == [
                    .status("OK"), .integer(-12), .bytes(Array("he\r\no".utf8)), .null, .null, .array([]),
                    .array([.integer(1), .array([.bytes([])]), .error(RedisServerError(reply: "WRONGTYPE no"))]),
                    .error(RedisServerError(reply: "oh dear")),
                ])
            #expect(RedisServerError(reply: "WRONGTYPE no").code == .wrongType)
            #expect(RedisServerError(reply: "oh dear").code == .general)
        }

        @Test(
            "what is no reply is refused",
            arguments: [
                "HTTP/1.1 400 Bad Request\r\n\r\n", "*2000\r\n", "*99999999999999\r\n", "$-7\r\n", ":12x\r\n",
                "\0\0\0\0",
            ])
        func garbage(text: String) {
            #expect(throws: ReplyReader.Broken.self) { try read(text) }
        }

        @Test("arrays within arrays without end are refused")
        func depth() {
            #expect(throws: ReplyReader.Broken.self) { try read(String(repeating: "*1\r\n", count: 100)) }
        }

        @Test("a reply that is larger than allowed is refused before it is complete")
        func large() throws {
            let text = "$5000\r\n" + String(repeating: "x", count: 4_000)
            #expect(throws: ReplyReader.Broken.self) { try read(text, pieces: 100, maximumBytes: 1_000) }
            #expect(try read(String(repeating: "$3\r\nabc\r\n", count: 1_000), maximumBytes: 1_000).count == 1_000)
        }

        @Test("random bytes never crash the reader")
        func randomBytes() {
            var random = FastRandom(seed: 42)
            let alphabet = Array("*$+-:0123456789\r\n\r\nab\0".utf8)
            for _ in 0..<20_000 {
                let reader = ReplyReader(maximumBytes: 1 << 16, maximumElements: 100)
                let bytes = (0..<30).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &random)] }
                do throws(ReplyReader.Broken) {
                    try reader.feed(ByteBuffer(bytes: bytes))
                    while try reader.next() != nil {}
                } catch {
                    #expect(!error.message.isEmpty)
                }
            }
        }

        @Test("an unknown command's arguments aren't repeated")
        func secrets() {
            let error = RedisServerError(reply: "ERR unknown command 'FOO', with args beginning with: 'hunter2' ")
            #expect(!"\(error)".contains("hunter2"))
        }
    }
#endif

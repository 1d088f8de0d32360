// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusDiscovery
import ApusHTTP
import ApusMessaging
import ApusTesting
import Foundation
import NIOCore
import Testing

/// `apus queue` and the running shop.
@Suite("The command apus queue", .serialized)
struct QueueCommandTests {
    private func queue(
        _ arguments: String..., of shop: ShopProcess, in folder: TemporaryFolder
    ) async throws -> (status: Int32, text: String) {
        let (status, text) = try await Programs.run(
            Programs.apus, ["queue"] + arguments + ["--data-dir", shop.data], in: folder)
        return (status, text)
    }

    /// Hands orders an event that no handler of it can do anything with.
    private func sendPoison(_ id: String, _ type: String, _ shop: ShopProcess) async throws {
        let file = try String(contentsOfFile: shop.data + "/registry/url", encoding: .utf8)
        let registry = try #require(Origin(url: file.trimmingCharacters(in: .whitespacesAndNewlines)))
        let listing = try await HTTPRegistryConnection(endpoint: registry, client: shop.http)
            .list("orders", after: 0, wait: .zero)
        let orders = try #require(listing.instances.first?.endpoint)
        let message = Message(
            id: id, type: type, source: "/services/test", created: .distantPast, data: Array(#"{"id":"x"}"#.utf8))
        let response = try await shop.http.send(
            HTTPRequest(
                .post, "/events", headers: [.contentType: Message.cloudEventType],
                body: HTTPBody(ByteBuffer(bytes: message.cloudEvent))),
            to: orders)
        #expect(response.status == .noContent)
    }

    @Test("shows what is dead, lets it be tried again, and drops it", .timeLimit(.minutes(1)))
    func deadMessages() async throws {
        let folder = try TemporaryFolder()
        try await ShopProcess.with(in: folder) { shop in
            let none = try await queue("ls", of: shop, in: folder)
            #expect(none.status == 0 && none.text == "nothing waits and nothing is dead\n")
            try await sendPoison("1", "unheard_of", shop)
            try await sendPoison("2", "user_created", shop)
            try await eventually("two dead") {
                try await queue("ls", "--service", "orders", of: shop, in: folder).text
                    .contains(#/orders +own +local +0 +0 +2/#)
            }
            let shown = try await queue("show", "--service", "orders", of: shop, in: folder).text
            #expect(shown.contains(#/local +1 +unheard_of +unhandled +1 /#))
            #expect(shown.contains(#/local +2 +user_created +undecodable +1 /#))
            let one = try await queue("show", "local", "2", "--service", "orders", of: shop, in: folder).text
            #expect(one.contains(#""data":{"id":"x"}"#) && one.contains("first error  undecodable: "))
            let json = try await queue("show", "--json", "--service", "orders", of: shop, in: folder).text
            let page: DeadMessagePage = try JSONCodec(dates: .rfc3339).decode(from: Array(json.utf8))
            #expect(page.messages.map(\.id) == ["1", "2"] && page.messages.allSatisfy { $0.message == nil })

            let retried = try await queue("retry", "local", "1", "77", "--service", "orders", of: shop, in: folder)
            #expect(retried.status == 0)
            #expect(retried.text.contains("1 will be tried again") && retried.text.contains("1 of them are not dead"))
            // It is no better now.
            try await eventually("both dead again") {
                try await queue("ls", of: shop, in: folder).text.contains(#/orders +own +local +0 +0 +2/#)
            }
            let dropped = try await queue(
                "drop", "--all", "--reason", "unhandled", "--service", "orders", of: shop, in: folder)
            #expect(dropped.text == "1 dropped\n")
            #expect(try await queue("drop", "--all", "--service", "orders", of: shop, in: folder).text == "1 dropped\n")
            #expect(try await queue("ls", of: shop, in: folder).text == "nothing waits and nothing is dead\n")
        }
    }

    @Test("says what is wrong, and what was expected", .timeLimit(.minutes(1)))
    func failures() async throws {
        let folder = try TemporaryFolder()
        try await ShopProcess.with(environment: ["SERVICE_TOKEN": "0123456789abcdef0123"], in: folder) { shop in
            let refused = try await queue("ls", "--service", "orders", of: shop, in: folder)
            #expect(refused.status == 1 && refused.text.contains("SERVICE_TOKEN must be in the environment"))
            let unknown = try await queue("show", "--service", "odrers", of: shop, in: folder)
            #expect(unknown.status == 1 && unknown.text.contains("it knows orders, products, users"))
            let nothing = try await queue("retry", "--service", "orders", of: shop, in: folder)
            #expect(nothing.status != 0 && nothing.text.contains("expected CHANNEL POSITION …, or --all"))
            let nobody = try await queue("show", of: shop, in: folder)
            #expect(nobody.status == 2 && nobody.text.contains("--service NAME or --url URL"))
        }
        let (status, text) = try await Programs.run(
            Programs.apus, ["queue", "ls", "--data-dir", folder.path + "/none"], in: folder)
        #expect(status == 2 && text.contains("no 'apus up' runs on"))
    }
}

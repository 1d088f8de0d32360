// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusHTTP
import ApusService
import NIOCore

/// Bodies of any length, which nobody keeps: what `memory` of `scripts/bench` sends and receives.
///
///     GET /v1/bytes/1048576    answers with so many bytes
///     PUT /v1/bytes            answers how many bytes came: {"bytes":1048576}
enum ByteStreams {
    private static let piece = ByteBuffer(repeating: 0x61, count: 64 << 10)

    static func add(to builder: inout ServiceBuilder) {
        builder.route(.get, "/v1/bytes/{count}") { request in
            guard let count = request.pathParameters.first.flatMap({ Int($0) }), count >= 0 else {
                throw Problem(.notFound)
            }
            return HTTPResponse(
                status: .ok, headers: [.contentType: "application/octet-stream"],
                body: HTTPBody(length: count) { writer in
                    var left = count
                    while left > 0 {
                        var next = piece
                        if let part = next.readSlice(length: min(left, next.readableBytes)) {
                            left -= part.readableBytes
                            try await writer.write(part)
                        }
                    }
                })
        }
        builder.route(.put, "/v1/bytes") { request in
            var count = 0
            for try await chunk in request.http.body { count += chunk.readableBytes }
            return HTTPResponse(
                status: .ok, headers: [.contentType: "application/json"], body: HTTPBody("{\"bytes\":\(count)}"))
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
#if NATS
    internal import ApusCore
    internal import CNATS

    /// Makes connections, one endpoint after the other.
    struct NATSDialer: Sendable {
        let configuration: NATSConfiguration
        let inbox: String

        /// Where the answer to a request goes.
        func subject(ofRequest id: UInt64) -> String { "\(inbox).r.\(id)" }

        /// Where the answers to a pull go.
        func subject(ofInbox number: UInt64) -> String { "\(inbox).own.\(number)" }

        /// Connects to one endpoint; blocks for at most the connect timeout, but for a TLS handshake with a peer that
        /// falls silent in it.
        func dial(_ endpoint: NATSEndpoint, events: SessionEvents) -> Result<NATSSession, NATSError> {
            var options: OpaquePointer?
            guard natsOptions_Create(&options) == NATS_OK, let options else {
                return .failure(failure(endpoint, "no memory is left"))
            }
            defer { natsOptions_Destroy(options) }
            // Given back by the callback for the end of the connection.
            let closure = Unmanaged.passRetained(events)
            var status = set(options, endpoint, closure.toOpaque())
            var connection: OpaquePointer?
            if status == NATS_OK { status = natsConnection_Connect(&connection, options) }
            guard status == NATS_OK, let connection else {
                closure.release()
                return .failure(error(status, endpoint))
            }
            let session = NATSSession(connection, dialer: self, events: events)
            if let error = session.listen(nil) {
                session.close()
                return .failure(error)
            }
            return .success(session)
        }

        private func set(
            _ options: OpaquePointer, _ endpoint: NATSEndpoint, _ closure: UnsafeMutableRawPointer
        ) -> natsStatus {
            let heartbeat = milliseconds(configuration.heartbeat)
            var steps: [() -> natsStatus] = [
                // Without the credentials, which libnats might repeat in a text.
                { natsOptions_SetURL(options, "nats://\(endpoint)") },
                { natsOptions_SetName(options, configuration.name) },
                { natsOptions_SetTimeout(options, milliseconds(configuration.connectTimeout)) },
                { natsOptions_SetAllowReconnect(options, false) },
                { natsOptions_SetIgnoreDiscoveredServers(options, true) },
                { natsOptions_SetPingInterval(options, heartbeat) },
                { natsOptions_SetMaxPingsOut(options, 2) },
                { natsOptions_SetWriteDeadline(options, 2 * heartbeat) },
                { natsOptions_SetSendAsap(options, true) },
                { natsOptions_UseGlobalMessageDelivery(options, true) },
                { natsOptions_SetClosedCB(options, { SessionEvents.ended($1) }, closure) },
                {
                    natsOptions_SetErrorHandler(
                        options,
                        { connection, _, _, closure in
                            SessionEvents.refused(connection, closure)
                        }, closure)
                },
            ]
            switch (configuration.credentials, configuration.credentials?.user) {
            case (let credentials?, let user?):
                steps.append { natsOptions_SetUserInfo(options, user, credentials.secret) }
            case (let credentials?, nil):
                steps.append { natsOptions_SetToken(options, credentials.secret) }
            case (nil, _): break
            }
            if let tls = configuration.tls {
                steps.append { natsOptions_SetSecure(options, true) }
                steps.append { natsOptions_SetExpectedHostname(options, endpoint.host) }
                if let file = tls.authoritiesFile {
                    steps.append { natsOptions_LoadCATrustedCertificates(options, file) }
                }
                if let certificate = tls.certificateFile, let key = tls.privateKeyFile {
                    steps.append { natsOptions_LoadCertificatesChain(options, certificate, key) }
                }
            }
            for step in steps {
                let status = step()
                if status != NATS_OK { return status }
            }
            return NATS_OK
        }

        private func milliseconds(_ duration: Duration) -> Int64 { max(1, duration.nanoseconds / 1_000_000) }

        private func failure(_ endpoint: NATSEndpoint, _ reason: String) -> NATSError {
            NATSError(.connectFailed, "no connection to \(endpoint): \(reason)", mayHaveRun: false)
        }

        private func error(_ status: natsStatus, _ endpoint: NATSEndpoint) -> NATSError {
            var last = NATS_OK
            let detail = nats_GetLastError(&last).map { String(cString: $0) } ?? ""
            switch status {
            case NATS_CONNECTION_AUTH_FAILED:
                return NATSError(
                    .authenticationFailed,
                    "\(endpoint) refused the \(configuration.credentials.map { $0.user == nil ? "token" : "user or the password" } ?? "client, which gave no credentials")",
                    mayHaveRun: false)
            case NATS_NO_SERVER: return failure(endpoint, "nothing listens there, or it can't be reached")
            case NATS_TIMEOUT: return failure(endpoint, "it took longer than the connect timeout")
            case NATS_SECURE_CONNECTION_REQUIRED: return failure(endpoint, "the server wants TLS")
            case NATS_SECURE_CONNECTION_WANTED: return failure(endpoint, "the server has no TLS")
            case NATS_SSL_ERROR: return failure(endpoint, "TLS: \(detail)")
            case NATS_CONNECTION_CLOSED: return failure(endpoint, "the server closed the connection")
            case NATS_PROTOCOL_ERROR: return failure(endpoint, "it doesn't speak NATS")
            default:
                return failure(endpoint, detail.isEmpty ? String(cString: natsStatus_GetText(status)) : detail)
            }
        }
    }
#endif

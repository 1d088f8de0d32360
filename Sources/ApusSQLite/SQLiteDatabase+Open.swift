// SPDX-License-Identifier: Apache-2.0
internal import ApusCore
public import ApusSQL
internal import Foundation
internal import GRDB

extension SQLiteDatabase {
    /// Opens what `url` names (``SQLiteLocation/init(url:)``); a missing file and its folders are made.
    ///
    /// - Throws: `cannotOpen` naming path and reason; `corrupt` for a file that is no database; `misuse` for a
    ///   configuration out of range.
    public static func open(
        url: String, configuration: SQLiteConfiguration = .init()
    ) async throws(ApusSQL.DatabaseError) -> SQLiteDatabase {
        try await open(SQLiteLocation(url: url), configuration: configuration)
    }

    /// Opens the database at `location`; a missing file and its folders are made.
    ///
    /// - Throws: as ``open(url:configuration:)``.
    public static func open(
        _ location: SQLiteLocation, configuration: SQLiteConfiguration = .init()
    ) async throws(ApusSQL.DatabaseError) -> SQLiteDatabase {
        let problems = configuration.validate()
        guard problems.isEmpty else {
            throw ApusSQL.DatabaseError(.misuse, "SQLiteConfiguration: \(InvalidConfiguration(problems))")
        }
        let executor = WriterExecutor(label: "apus.sqlite.writer")
        let gate = ReaderGate(
            maximumReaders: configuration.maximumReaders, maximumWaiters: configuration.maximumWaiters,
            time: configuration.time)
        let deadline = Instant.now.advanced(by: configuration.busyTimeout)
        while true {
            let opened = await executor.run {
                Result { () throws(ApusSQL.DatabaseError) in try connect(location, configuration, gate.readers) }
            }
            // SQLite doesn't wait for others while it changes a new file to its write-ahead log.
            if case .failure(let error) = opened, error.code == .busy, Instant.now < deadline {
                try await pause()
                continue
            }
            return SQLiteDatabase(
                location: location, configuration: configuration, storage: try opened.get(), executor: executor,
                gate: gate)
        }
    }

    private static func pause() async throws(ApusSQL.DatabaseError) {
        do {
            try await Task.sleep(for: .milliseconds(5))
        } catch {
            throw ApusSQL.DatabaseError(.cancelled, "cancelled while the file was locked")
        }
    }

    private static func connect(
        _ location: SQLiteLocation, _ settings: SQLiteConfiguration, _ readers: Int
    ) throws(ApusSQL.DatabaseError) -> any DatabaseWriter {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .timeout(settings.busyTimeout.seconds)
        configuration.maximumReaderCount = readers
        // A transaction stays open between the statements of its body.
        configuration.allowsUnsafeTransactions = true
        do {
            switch location {
            case .memory:
                return try DatabaseQueue(configuration: configuration)
            case .file(let path):
                try makeFolder(of: path)
                let pool = try DatabasePool(path: path, configuration: configuration)
                try setSynchronous(settings.synchronous, on: pool)
                return pool
            }
        } catch let error as ApusSQL.DatabaseError {
            throw error
        } catch {
            var translated = ApusSQL.DatabaseError(translating: error, statement: nil)
            if translated.code == .other || translated.code == .readOnly { translated.code = .cannotOpen }
            translated.message = "can't open \(location): \(reason(for: location, translated.message))"
            throw translated
        }
    }

    /// GRDB sets NORMAL after its own preparation hook, so the level is set on the finished pool, and read back.
    private static func setSynchronous(_ level: SQLiteConfiguration.Synchronous, on pool: DatabasePool) throws {
        let effective = try pool.writeWithoutTransaction { connection in
            try connection.execute(sql: "PRAGMA synchronous = \(level.rawValue)")
            return try Int.fetchOne(connection, sql: "PRAGMA synchronous")
        }
        guard effective == level.rawValue else {
            throw ApusSQL.DatabaseError(.cannotOpen, "synchronous is \(effective ?? -1) though \(level) was set")
        }
    }

    private static func makeFolder(of path: String) throws(ApusSQL.DatabaseError) {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw ApusSQL.DatabaseError(
                .cannotOpen, "can't open sqlite:\(path): can't make the folder \(folder): \(error.localizedDescription)"
            )
        }
    }

    /// What the file system says, where SQLite only says that it can't.
    private static func reason(for location: SQLiteLocation, _ message: String) -> String {
        guard case .file(let path) = location else { return message }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        if isFolder.boolValue { return "it is a folder (\(message))" }
        if exists, !FileManager.default.isWritableFile(atPath: path) { return "the file isn't writable (\(message))" }
        if !FileManager.default.isWritableFile(atPath: folder) { return "the folder isn't writable (\(message))" }
        return message
    }
}

// SPDX-License-Identifier: Apache-2.0
public import ApusCache
import ApusCore
import ApusHTTP
import ApusRedis
public import ApusRuntime
import ApusTelemetry

extension ServiceHost {
    /// A cache of this service, counted in its metrics: in the process, and with `REDIS_URL` in two levels, of which the
    /// instances of the service share the second.
    ///
    /// Redis may be down, slow or full: the service goes on without it, `/health` and the log say so, and no request waits
    /// longer for it than the cache's budget of 50 ms, but one that removes everything (10 s). Keys begin with the service's
    /// name, so that services may share a Redis.
    ///
    /// - Parameter configuration: of the level in the process; its time to live is the default of both. Unless it says
    ///   otherwise, loads run on the event loop of who asked first.
    /// - Throws: ``ApusRuntime/StartError`` naming what is wrong.
    public func cache(_ configuration: CacheConfiguration = .init()) throws(StartError) -> any Cache {
        let cache: any Cache
        var configuration = configuration
        if configuration.executor == nil { configuration.executor = { Loop.current } }
        do throws(InvalidConfiguration) {
            if let url = settings.redisURL {
                cache = try shared(RedisConfiguration(url: url.string), configuration)
            } else {
                cache = try MemoryCache(configuration)
            }
        } catch {
            throw StartError("the cache: \(error)", exitStatus: 2)
        }
        observe(cache)
        return runtime.faults.map { FaultyCache(cache: cache, injector: $0) } ?? cache
    }

    private func shared(
        _ redis: RedisConfiguration, _ memory: CacheConfiguration
    ) throws(InvalidConfiguration) -> any Cache {
        let client = try RedisClient(redis, group: runtime.loops.group)
        var configuration = RedisCacheConfiguration()
        configuration.namespace = "\(settings.name):"
        let store = try RedisCacheStore(client, configuration)
        let cache = try TieredCache(store: store, configuration: TieredCacheConfiguration(memory: memory))
        runtime.addResource("redis") {
            await cache.shutdown()
            client.shutdown()
        }
        var check = HealthCheckConfiguration()
        check.isCritical = false
        let log = CacheHealthLog(logger("redis"))
        // Within the time of the check, so that it says itself what is wrong.
        let limit = check.timeout * 9 / 10
        runtime.addCheck("redis", check) {
            do throws(CacheError) {
                try await store.check(within: limit)
                log.note(nil)
            } catch {
                log.note(error)
                throw error
            }
        }
        return cache
    }

    private func observe(_ cache: any Cache) {
        for instrument in CacheInstrument.all {
            let read: @Sendable () -> Double? = { Double(instrument.value(cache.statistics)) }
            switch instrument.kind {
            case .counter:
                metrics.counter(
                    instrument.prometheusName, instrument.help, labels: instrument.labels, reading: read)
            case .gauge:
                metrics.gauge(instrument.prometheusName, instrument.help, labels: instrument.labels, reading: read)
            }
        }
    }
}

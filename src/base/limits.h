#pragma once

#include <cstddef>
#include <cstdint>

// Every limit of Gnomon. Reaching one is an Error that names the limit and, where there is one, the
// flag that raises it; never a crash.
namespace gnomon::base {

// Language.
inline constexpr size_t kQueryBytesMax = 1 << 20;
inline constexpr size_t kQueryDepthMax = 1'000;  // of the tree: every pass may recurse over it
inline constexpr size_t kQueryTokensMax = 200'000;
inline constexpr size_t kFormatIndentMax = 100;  // levels of format_query; deeper ones stay there

// Query evaluation.
inline constexpr int64_t kPointsPerSeriesMax = 11'000;    // Prometheus' fixed resolution limit
inline constexpr uint64_t kQuerySamplesMax = 50'000'000;  // --query.max-samples
inline constexpr int64_t kQueryTimeoutMs = 120'000;       // --query.timeout
inline constexpr size_t kQueryConcurrencyMax = 20;        // --query.max-concurrency
inline constexpr int64_t kLookbackMs = 300'000;           // --query.lookback-delta
inline constexpr int64_t kSubqueryStepMs = 60'000;        // --query.default-subquery-step
inline constexpr size_t kAnnotationsPerAnswerMax = 10;
inline constexpr size_t kMorselPointsHeldMax = 32u << 20;  // computed ahead of their use, per scan
inline constexpr size_t kMatchPairsTriedMax = 100'000;  // in search of an error before a known one

// Writes.
inline constexpr size_t kWriteBytesMax = 32u << 20;           // request body as received
inline constexpr size_t kWriteBytesDecodedMax = 256u << 20;   // after decompression
inline constexpr size_t kWriteBufferKeptBytesMax = 8u << 20;  // from request to request
inline constexpr size_t kWriteBuffersKeptMax = 8;
inline constexpr size_t kLabelsPerSeriesMax = 256;
inline constexpr size_t kLabelNameBytesMax = 1'024;
inline constexpr size_t kLabelValueBytesMax = 65'535;
inline constexpr size_t kLabelBytesPerSeriesMax = 1 << 20;
inline constexpr int64_t kFutureSampleMs = 600'000;  // newest accepted sample: now + 10 min
inline constexpr size_t kImportLineBytesMax = 4u << 20;
inline constexpr size_t kImportPieceBytes = 4u << 20;    // of text that becomes one batch
inline constexpr size_t kRefusedLineBytesMax = 200;      // shown of a bad line
inline constexpr size_t kRefusedLabelsBytesMax = 1'000;  // shown of bad labels, and of each label
inline constexpr size_t kRefusedMetricBytesMax = 100;    // shown of the name of a refused series

// HTTP.
inline constexpr size_t kHttpHeaderBytesMax = 64u << 10;
inline constexpr size_t kHttpTargetBytesMax = 1u << 20;
inline constexpr size_t kHttpConnectionsMax = 512;      // --web.max-connections
inline constexpr size_t kHttpReadThreads = 16;          // --web.read-threads
inline constexpr size_t kHttpWriteThreads = 64;         // --web.write-threads; they share commits
inline constexpr size_t kHttpLiveThreads = 64;          // --web.live-threads
inline constexpr size_t kHttpOwnThreads = 4;            // --web.own-threads
inline constexpr int64_t kHttpThreadIdleMs = 30'000;    // then a thread ends
inline constexpr size_t kHttpPipelineMax = 16;          // requests read ahead on one connection
inline constexpr size_t kHttpBufferBytes = 256u << 10;  // of a streamed answer, per connection
inline constexpr int64_t kHttpIdleMs = 300'000;
inline constexpr size_t kHttpPieceBytes = 128u << 10;   // a streamed answer grows by pieces of this
inline constexpr int64_t kStatusLimitMax = 10'000;      // of status/tsdb, Prometheus' fixed limit
inline constexpr size_t kHttpFormBytesMax = 10u << 20;  // body of a request that is not a write
inline constexpr size_t kHttpPathSegmentsMax = 64;      // longer paths have no route
inline constexpr size_t kHttpParametersMax = 10'000;    // of one request
inline constexpr size_t kHttpCompressBytesMin = 1'024;  // smaller answers go out as they are
inline constexpr int64_t kHttpStopMs = 10'000;   // running requests may go on so long after a stop
inline constexpr int64_t kHttpLingerMs = 2'000;  // wait for the client's close after ours

// Storage.
inline constexpr size_t kCommitBytesMax = 8u << 20;  // of log records that share a commit
inline constexpr uint32_t kChunkSamplesMax = 1u << 20;
inline constexpr size_t kChunkBucketsMax = 1u << 22;   // stored column by column; else one by one
inline constexpr size_t kChunkCacheBytes = 64u << 20;  // --store.chunk-cache-bytes
inline constexpr size_t kSelectionsCachedMax = 256;
inline constexpr size_t kSelectionSeriesCachedMax = 500'000;  // about 20 bytes each
inline constexpr size_t kExemplarsPerSeriesMax = 1'000;
inline constexpr size_t kSamplesPerChunk = 2'880;   // longer windows become several chunks
inline constexpr size_t kHeadSamplesRaw = 120;      // per series, before they are compressed
inline constexpr size_t kHeadSamplesLateMax = 256;  // out of order, before they are sorted in
inline constexpr size_t kSeriesMax = 64'000'000;    // ids given in a store's life
inline constexpr size_t kExemplarsMax = 100'000;    // of a store; the oldest go first
inline constexpr size_t kRefusalsNamedMax = 10;     // of one write request

// Postgres.
inline constexpr size_t kPostgresSchemaBytesMax = 63;       // PostgreSQL cuts longer names off
inline constexpr size_t kPostgresConnectionsMin = 3;        // of pool= in the URL
inline constexpr size_t kPostgresConnectionsMax = 1'000;    // of pool= in the URL
inline constexpr size_t kPostgresConnections = 12;          // pool= in the URL
inline constexpr int64_t kPostgresLeaseMs = 60'000;         // wait for a connection of the pool
inline constexpr int64_t kPostgresStopMs = 100;             // wait for a canceled statement's end
inline constexpr size_t kPostgresDetachedCallsMax = 64;     // cancels and connects under way
inline constexpr int64_t kPostgresCommitMs = 10'000;        // tries while the server is away
inline constexpr int64_t kPostgresApplyMs = 10'000;         // tries to read what a record needs
inline constexpr int64_t kPostgresBehindMs = 5'000;         // without news no answer from memory
inline constexpr size_t kPostgresGroupBytesMax = 8u << 20;  // of records that share a commit

// ClickHouse.
inline constexpr int64_t kClickHouseConnectMs = 5'000;
inline constexpr int64_t kClickHouseStatementMs = kQueryTimeoutMs;  // of one without a deadline
inline constexpr size_t kClickHouseIdleConnectionsMax = 32;         // kept for the next requests
inline constexpr size_t kClickHouseErrorBytesMax = 8u << 10;        // read of what it says
inline constexpr size_t kClickHouseMessageBytesMax = 600;           // shown of it
inline constexpr size_t kClickHouseBlockBytesMax = 1u << 30;        // of one column in an answer
inline constexpr uint32_t kClickHouseInsertRetrySeconds = 20;  // insert_retry_seconds in the URL
inline constexpr int64_t kClickHouseGroupMs = 20;              // between group commits
inline constexpr size_t kClickHouseGroupRows = 200'000;        // enough to begin one earlier
inline constexpr size_t kClickHouseGroupRowsMax = 1'000'000;
inline constexpr int64_t kClickHousePollMs = 500;           // between questions about other servers
inline constexpr int64_t kClickHouseMinutesMax = 100'000;   // told apart by when they changed
inline constexpr int64_t kClickHouseExpireMs = 300'000;     // between two looks for what is too old
inline constexpr int64_t kClickHouseDayPartitionsMax = 62;  // longer retentions: one a month
inline constexpr size_t kClickHouseSeriesKnownMax = 1u << 20;  // twice; about 100 bytes each
inline constexpr size_t kClickHouseBatchSamplesMax = 16u << 20;
inline constexpr size_t kClickHouseLabelAnswersMax = 64;       // kept
inline constexpr size_t kClickHouseLabelStringsMax = 100'000;  // in one that is kept
inline constexpr size_t kClickHouseIdsPerDelete = 1'000;

// Copies from store to store.
inline constexpr size_t kTransferBatchSamples = 200'000;      // cheap to commit, short to wait for
inline constexpr size_t kTransferBatchLabelBytes = 8u << 20;  // or so many bytes of labels
inline constexpr int64_t kTransferGapWindowsMax = 1 << 16;    // looked at in one question

// Tenants.
inline constexpr size_t kTenantNameBytesMax = 64;
inline constexpr size_t kTenantsOpenMax = 64;          // --tenants.open-max
inline constexpr size_t kTenantsInMemoryMax = 10'000;  // where closing would lose the data
inline constexpr size_t kTenantChunkCacheShare = 4;    // the chunk cache of a tenant: a fourth

// Matchers: a regex of more alternatives, larger or nested deeper, runs as a general one.
inline constexpr size_t kRegexGlobsMax = 1'024;
inline constexpr size_t kRegexGlobBytesMax = 1u << 20;  // of all alternatives, spelled out
inline constexpr size_t kRegexGlobDepthMax = 32;

}  // namespace gnomon::base

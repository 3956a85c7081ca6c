#include "adapters/clickhouse/metrics/tables.h"

namespace gnomon::clickhouse {
namespace {

// A later row has a smaller version, so that the first sample at a time stays; seconds, because
// that column would else be the largest (what several servers write within one second is not told
// apart). `start` is 1970 for none, and then takes no room. Codecs by measurement, per sample:
// values 1.40 bytes with Delta (integers that grow differ little, also as floats), 2.05 with
// Gorilla, 1.83 with ALP; times 0.07, ids 0.04, versions 0.06. What a merge has replaced can go
// soon, because what it wrote is on the disk by then.
constexpr Table kTables[] = {
    {"series",
     "id UInt128, metric LowCardinality(String), labels Map(LowCardinality(String), String), "
     "day Date32",
     "", PartitionBy::Day, "day", "(metric, id, day)", "toUInt64(id)", "index_granularity = 1024",
     Watched::Whole},
    {"samples",
     "id UInt128 CODEC(ZSTD(1)), time DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)), "
     "value Float64 CODEC(Delta, ZSTD(1)), "
     "start DateTime64(3, 'UTC') DEFAULT 0 CODEC(Delta, ZSTD(1)), "
     "version UInt32 DEFAULT bitNot(toUInt32(now())) CODEC(Delta, ZSTD(1))",
     "version", PartitionBy::Time, "time", "(id, time)", "toUInt64(id)",
     "index_granularity = 2048, non_replicated_deduplication_window = 1000, "
     "min_rows_to_fsync_after_merge = 1, old_parts_lifetime = 10",
     Watched::ByTime},
    {"histograms",
     "id UInt128 CODEC(ZSTD(1)), time DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)), "
     "data String CODEC(ZSTD(1)), "
     "version UInt32 DEFAULT bitNot(toUInt32(now())) CODEC(Delta, ZSTD(1))",
     "version", PartitionBy::Time, "time", "(id, time)", "toUInt64(id)",
     "index_granularity = 256, non_replicated_deduplication_window = 1000, "
     "min_rows_to_fsync_after_merge = 1, old_parts_lifetime = 10",
     Watched::ByTime},
    {"exemplars",
     "id UInt128, time DateTime64(3, 'UTC'), value Float64, "
     "labels Map(LowCardinality(String), String), hash UInt64",
     "", PartitionBy::Time, "time", "(id, time, hash)", "toUInt64(id)", "index_granularity = 1024"},
    {"metadata",
     "metric String, type LowCardinality(String), help String, unit LowCardinality(String), "
     "version UInt64 DEFAULT toUInt64(toUnixTimestamp64Micro(now64(6)))",
     "version", PartitionBy::Nothing, "", "metric", "cityHash64(metric)",
     "index_granularity = 1024"},
    {"facts", "name String", "", PartitionBy::Nothing, "", "name", "0", "index_granularity = 1024"},
};

}  // namespace

std::span<const Table> metrics_tables() { return kTables; }

}  // namespace gnomon::clickhouse

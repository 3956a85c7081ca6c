#include "adapters/postgres/metrics/metrics_signal.h"

#include <algorithm>
#include <unordered_map>

#include "adapters/postgres/metrics/tables.h"
#include "src/base/limits.h"

namespace gnomon::postgres {
namespace {

MetricsRequest& own(Request* request) { return static_cast<MetricsRequest&>(*request); }

// Whether there is more than samples: metadata that is new, exemplars.
bool has_extras(const MetricsState& state, const model::WriteBatch& batch) {
  return !batch.exemplars.empty() ||
         std::any_of(batch.metadata.begin(), batch.metadata.end(),
                     [&](const auto& entry) { return !state.metadata.has(entry); });
}

}  // namespace

Result<void> MetricsSignal::load(Connection& connection, std::span<const int64_t> counters) {
  return state_.load(connection, counters);
}

Result<void> MetricsSignal::replay(uint64_t seq, std::string_view bytes) {
  return state_.replay(seq, bytes);
}

Result<void> MetricsSignal::follow(const LogRecord& record) { return state_.follow(record); }

Result<uint64_t> MetricsSignal::maintain(bool everything, const std::stop_token& stop) {
  return upkeep_.run(everything, stop);
}

Result<void> MetricsSignal::store(Connection& connection, const Turn& turn, Requests requests,
                                  std::string& row) {
  TRY_VOID(store_series(connection, turn, requests, row));
  for (Request* request : requests) {
    MetricsRequest& one = own(request);
    if (has_extras(state_, *one.write.batch)) {
      TRY_VOID(store_extras(connection, turn, one, row));
    }
    row += one.record;
  }
  return {};
}

Result<void> MetricsSignal::store_series(Connection& connection, const Turn& turn,
                                         Requests requests, std::string& row) {
  std::unordered_map<model::Labels, storage::SeriesId, model::LabelsHash> fresh;
  std::vector<blocks::StoredSeries> all;
  auto series_end = static_cast<uint32_t>(turn.counters[kSeriesEnd]);
  for (Request* request : requests) {
    MetricsRequest& one = own(request);
    one.added.clear();
    one.write.ids.clear();
    for (const auto& batch_row : one.write.batch->rows) {
      const model::LabelsView labels = one.write.batch->labels(batch_row);
      auto id = state_.index.find(labels);
      if (!id) {
        const auto next = static_cast<storage::SeriesId>(series_end);
        const auto [place, added] =
            fresh.try_emplace(model::Labels(std::string(labels.packed())), next);
        if (added) {
          ++series_end;
          one.added.push_back({next, place->first});
          all.push_back(one.added.back());
        }
        id = place->second;
      }
      one.write.ids.push_back(*id);
    }
    one.record.clear();
    put_record(*one.write.batch, one.write.ids, one.record);
  }
  if (all.empty()) return {};
  if (series_end >= base::kSeriesMax) {
    return Error{ErrorKind::Unavailable,
                 "the store has given all its " + std::to_string(base::kSeriesMax) +
                     " series ids; gnomon migrate copies what it has into a new one"};
  }
  put_series(all, row);
  const std::string block = blocks::encode_series_block(all);
  TRY(const Rows inserted,
      connection.query(
          "INSERT INTO " + state_.table("series") + " VALUES ($1, $2)",
          {Value::integer(static_cast<uint32_t>(all.front().id)), Value::bytes(block)}));
  TRY(const Rows updated, connection.run("UPDATE " + state_.table("state") +
                                         " SET series_end = " + std::to_string(series_end)));
  return {};
}

Result<void> MetricsSignal::store_extras(Connection& connection, const Turn& turn,
                                         const MetricsRequest& request, std::string& row) {
  const model::WriteBatch& batch = *request.write.batch;
  std::string extras;
  put_extras(batch, request.write.ids, extras);
  row += extras;
  for (const model::MetadataEntry& entry : batch.metadata) {
    if (state_.metadata.has(entry)) continue;
    TRY(const Rows put,
        connection.query("INSERT INTO " + state_.table("metadata") +
                             " VALUES ($1, $2, $3, $4) ON CONFLICT (metric) DO UPDATE SET type = "
                             "$2, help = $3, unit = $4",
                         {Value::bytes(entry.metric), Value::bytes(entry.metadata.type),
                          Value::bytes(entry.metadata.help), Value::bytes(entry.metadata.unit)}));
  }
  if (batch.exemplars.empty()) return {};
  TRY(const Rows put,
      connection.query(
          "INSERT INTO " + state_.table("exemplar") +
              " VALUES ($1, $2, $3) ON CONFLICT (seq) DO UPDATE SET count = "
              "exemplar.count + $2, data = exemplar.data || $3",
          {Value::integer(static_cast<int64_t>(turn.seq)),
           Value::integer(static_cast<int64_t>(batch.exemplars.size())), Value::bytes(extras)}));
  return {};
}

}  // namespace gnomon::postgres

#include "adapters/clickhouse/metrics/removal.h"

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "adapters/clickhouse/metrics/statements.h"
#include "adapters/clickhouse/schema.h"
#include "src/base/limits.h"
#include "src/storage/bytes.h"

namespace gnomon::clickhouse {
namespace {

std::string id_condition(std::span<const SeriesId> ids) {
  std::string sql = "id IN (";
  for (const SeriesId& id : ids) {
    if (!sql.ends_with('(')) sql += ", ";
    sql += "toUInt128('" + to_decimal(id) + "')";
  }
  return sql + ")";
}

Result<void> delete_rows(HttpClient& client, std::string_view table, const std::string& where,
                         const std::stop_token& stop) {
  const Options& options = client.options();
  Request request = ddl(options, "DELETE FROM " + local_table_name(options, table) +
                                     on_cluster(options) + " WHERE " + where);
  request.settings.push_back({"lightweight_deletes_sync", "2"});
  request.settings.push_back({"max_query_size", "1000000"});
  TRY_VOID(client.fetch(request, stop));
  return {};
}

// Those of the series that have no sample any more.
Result<std::vector<SeriesId>> without_samples(HttpClient& client, std::span<const SeriesId> ids,
                                              const std::stop_token& stop) {
  const Options& options = client.options();
  const std::string where = " WHERE " + id_condition(ids);
  Request request{.sql = "SELECT DISTINCT id FROM (SELECT id FROM " +
                         table_name(options, "samples") + where + " UNION ALL SELECT id FROM " +
                         table_name(options, "histograms") + where + ") FORMAT RowBinary"};
  request.settings = {{"max_query_size", "1000000"}};
  request.reads_only = true;
  TRY(const std::string rows, client.fetch(request, stop));
  std::vector<SeriesId> left(ids.begin(), ids.end());
  storage::ByteReader reader(rows);
  while (reader.left() > 0) std::erase(left, reader.fixed<SeriesId>());
  return left;
}

}  // namespace

Result<void> remove_samples(HttpClient& client, const storage::CatalogQuery& what,
                            KnownSeries& known, const std::stop_token& stop) {
  TRY(const SeriesListPtr found,
      find_series(client, {what.matcher_sets, model::kTimeMin, model::kTimeMax}, stop));
  const std::string when = time_condition(what.min_time_ms, what.max_time_ms);
  std::span<const SeriesId> ids = found->ids;
  while (!ids.empty()) {
    const auto some = ids.first(std::min(ids.size(), base::kClickHouseIdsPerDelete));
    ids = ids.subspan(some.size());
    for (const SeriesId& id : some) known.erase(id);
    const std::string which = id_condition(some);
    TRY_VOID(delete_rows(client, "samples", which + when, stop));
    TRY_VOID(delete_rows(client, "histograms", which + when, stop));
    TRY(const auto gone, without_samples(client, some, stop));
    if (!gone.empty()) TRY_VOID(delete_rows(client, "series", id_condition(gone), stop));
  }
  return {};
}

}  // namespace gnomon::clickhouse

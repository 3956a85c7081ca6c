#include "adapters/clickhouse/metrics/catalog_statements.h"

#include "adapters/clickhouse/metrics/statements.h"
#include "adapters/clickhouse/schema.h"
#include "src/base/limits.h"

namespace gnomon::clickhouse {
namespace {

using storage::CatalogQuery;

std::string from_series(const Options& options, const CatalogQuery& query) {
  return " FROM " + table_name(options, "series") + " WHERE " +
         condition_of(query.matcher_sets).sql + day_condition(query.min_time_ms, query.max_time_ms);
}

// Every series once.
std::string distinct_series(const Options& options) {
  return "(SELECT id, metric, labels FROM " + table_name(options, "series") + " LIMIT 1 BY id)";
}

// (name, value) of every label of every series.
std::string label_pairs(const Options& options) {
  return "(SELECT pair.1 AS name, pair.2 AS value FROM " + distinct_series(options) +
         " ARRAY JOIN arrayConcat([('__name__', toString(metric))], "
         "arrayMap((n, v) -> (toString(n), v), mapKeys(labels), mapValues(labels))) AS pair "
         "WHERE pair.2 != '')";
}

std::string largest(size_t top) {
  return " GROUP BY name ORDER BY number DESC, name LIMIT " + std::to_string(top) +
         " FORMAT RowBinary";
}

}  // namespace

std::string select_label_names(const Options& options, const CatalogQuery& query) {
  return "SELECT DISTINCT name FROM (SELECT arrayJoin(arrayConcat(if(metric != '', ['__name__'], "
         "[]), arrayMap(n -> toString(n), mapKeys(labels)))) AS name" +
         from_series(options, query) + ") ORDER BY name FORMAT RowBinary";
}

std::string select_label_values(const Options& options, const CatalogQuery& query,
                                const std::string& label) {
  const std::string column =
      label == model::kMetricName ? "toString(metric)" : "labels[" + quoted(label) + "]";
  return "SELECT DISTINCT " + column + " AS v" + from_series(options, query) +
         " AND v != '' ORDER BY v FORMAT RowBinary";
}

std::string select_metadata(const Options& options, const std::string& metric) {
  return "SELECT metric, toString(type), help, toString(unit) FROM " +
         table_name(options, "metadata") + " FINAL" +
         (metric.empty() ? "" : " WHERE metric = " + quoted(metric)) +
         " ORDER BY metric FORMAT RowBinary";
}

std::string select_exemplars(const Options& options, const CatalogQuery& query) {
  return "SELECT id, time, value, labels FROM (SELECT * FROM " + table_name(options, "exemplars") +
         " WHERE id IN ids" + time_condition(query.min_time_ms, query.max_time_ms) +
         " ORDER BY id, time DESC, hash LIMIT " + std::to_string(base::kExemplarsPerSeriesMax) +
         " BY id) ORDER BY id, time, hash FORMAT RowBinary";
}

std::string count_series(const Options& options) {
  return "SELECT assumeNotNull((SELECT uniqExact(id) FROM " + table_name(options, "series") +
         ")), assumeNotNull((SELECT uniqExact(name, value) FROM " + label_pairs(options) +
         ")) FORMAT RowBinary";
}

std::string count_samples(const Options& options) {
  return "SELECT count(), min(time), max(time) FROM " + table_name(options, "samples") +
         " FORMAT RowBinary";
}

std::string top_metrics(const Options& options, size_t top) {
  return "SELECT toString(metric) AS name, count() AS number FROM " + distinct_series(options) +
         " WHERE name != ''" + largest(top);
}

std::string top_labels(const Options& options, std::string_view aggregate, size_t top) {
  return "SELECT name, " + std::string(aggregate) + " AS number FROM " + label_pairs(options) +
         largest(top);
}

std::string top_pairs(const Options& options, size_t top) {
  return "SELECT concat(name, '=', value) AS name, count() AS number FROM " + label_pairs(options) +
         largest(top);
}

}  // namespace gnomon::clickhouse

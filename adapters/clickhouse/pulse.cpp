#include "adapters/clickhouse/pulse.h"

#include <algorithm>
#include <charconv>

#include "adapters/clickhouse/inserter.h"
#include "adapters/clickhouse/row_binary.h"
#include "adapters/clickhouse/schema.h"
#include "src/base/clock.h"

namespace gnomon::clickhouse {
namespace {

using Names = std::set<std::string, std::less<>>;

constexpr int64_t kPulseMs = 500;
constexpr std::string_view kFact = "fact ";
constexpr std::string_view kHistograms = "fact histograms ";  // and the metric

// The first number of the text, which is cut off with the space behind it.
int64_t take_number(std::string_view& text) {
  int64_t number = 0;
  const char* const end = std::from_chars(text.data(), text.data() + text.size(), number).ptr;
  text.remove_prefix(std::min<size_t>(text.size(), static_cast<size_t>(end - text.data()) + 1));
  return number;
}

std::string select_facts(const Options& options) {
  return "SELECT concat('fact ', name) FROM " + table_name(options, "facts");
}

// The parts that hold samples; what else can change a table: deletions, and partitions that go or
// come back; whether series came. Of every replica of a cluster: each gets its parts at a time of
// its own, and any of them may be asked for samples.
std::string select_parts(const Options& options) {
  const bool cluster = !options.cluster.empty();
  const std::string where = cluster ? "hostName(), tcpPort()" : "''";
  const auto system = [&](const std::string& table) {
    const std::string all =
        cluster ? "clusterAllReplicas(" + identifier(options.cluster) + ", system." + table + ")"
                : "system." + table;
    return " FROM " + all + " WHERE database = " + quoted(options.database);
  };
  const std::string suffix = cluster ? "_local'" : "'";
  const std::string samples = " AND table IN ('samples" + suffix + ", 'histograms" + suffix + ")";
  return "SELECT concat('series ', toString((max(max_block_number), max(data_version), "
         "uniqExact(partition_id), " +
         where + ")))" + system("parts") + " AND table = 'series" + suffix +
         " AND active GROUP BY " + where +
         " UNION ALL SELECT concat('other ', toString((table, uniqExact(partition_id), " + where +
         ")))" + system("parts") + samples + " AND active GROUP BY table, " + where +
         " UNION ALL SELECT concat(if(is_done, 'other ', 'doing '), table, mutation_id, "
         "toString(tuple(" +
         where + ")))" + system("mutations") + samples +
         " UNION ALL SELECT concat('part ', toString(toUnixTimestamp(min_time)), ' ', "
         "toString(toUnixTimestamp(max_time)), ' ', toString(min_block_number), ' ', "
         "toString(max_block_number), ' ', partition_id, ' ', table, toString(tuple(" +
         where + ")))" + system("parts") + samples + " AND active";
}

// Its first and last second, its blocks, and where it is: partition (year, month, perhaps day),
// table, server.
void take_part(std::string_view line, const PartList& before, PartList& now, ChangeLog& changes) {
  const int64_t min_s = take_number(line);
  const int64_t max_s = take_number(line);
  const int64_t first_block = take_number(line);
  const int64_t last_block = take_number(line);
  const std::string_view group = line;
  now.add(group, first_block, last_block);
  if (before.holds(group, first_block, last_block)) return;
  // Seconds have 32 bits there.
  const int64_t partition = take_number(line);
  const int64_t year = partition / (partition > 999'999 ? 10'000 : 100);
  if (year < 1970 || year > 2105) return changes.note_all();
  changes.note(min_s * 1000, max_s * 1000 + 999);
}

}  // namespace

void Pulse::take(std::string_view answer, bool parts_known) {
  Names histograms;
  PartList parts;
  Names series;
  Names other;
  bool doing = false;
  const std::lock_guard hold(mutex_);
  storage::ByteReader reader(answer);
  while (reader.left() > 0) {
    const std::string_view line = take_text(reader);
    if (line == "fact starts") vitals_.starts = true;
    if (line.starts_with(kHistograms)) histograms.emplace(line.substr(kHistograms.size()));
    if (line.starts_with("series ")) series.emplace(line);
    if (line.starts_with("other ")) other.emplace(line);
    if (line.starts_with("doing ")) doing = true;
    if (line.starts_with("part ")) take_part(line.substr(5), parts_, parts, changes_);
  }
  if (histograms.size() > vitals_.histograms->size()) {
    vitals_.histograms = std::make_shared<const Names>(std::move(histograms));
  }
  if (!parts_known || series != series_state_) ++vitals_.series_version;
  if (!parts_known || doing || other != other_state_) changes_.note_all();
  series_state_ = std::move(series);
  other_state_ = std::move(other);
  parts_ = std::move(parts);
}

Result<void> Pulse::refresh(std::stop_token stop) {
  const int64_t begin = base::monotonic_ns();
  const Options& options = client_.options();
  const std::string end = " FORMAT RowBinary";
  if (options.cluster.empty()) {
    const std::string sql = select_facts(options) + " UNION ALL " + select_parts(options) + end;
    TRY(const std::string answer, client_.fetch({.sql = sql}, std::move(stop)));
    take(answer, true);
  } else {
    TRY(const std::string facts, client_.fetch({.sql = select_facts(options) + end}, stop));
    // Not everybody may ask that; then nothing is kept. A replica that is away has no samples for
    // anybody, and when it comes back all its parts are new.
    const std::string sql = select_parts(options) + " SETTINGS skip_unavailable_shards = 1" + end;
    const auto parts = client_.fetch({.sql = sql}, std::move(stop));
    take(parts.ok() ? facts + *parts : facts, parts.ok());
  }
  asked_ns_ = begin;
  return {};
}

Result<Vitals> Pulse::vitals(std::stop_token stop) {
  // Before anything is asked: what this server writes meanwhile counts for the next one.
  const uint64_t own_series = own_series_;
  {
    const std::lock_guard hold(asking_);
    if (asked_ns_ == 0 || base::monotonic_ns() - asked_ns_ > kPulseMs * 1'000'000) {
      TRY_VOID(refresh(std::move(stop)));
    }
  }
  const std::lock_guard hold(mutex_);
  Vitals vitals = vitals_;
  vitals.series_version += own_series << 32;
  return vitals;
}

uint64_t Pulse::samples_version(int64_t min_time_ms, int64_t max_time_ms) const {
  const std::lock_guard hold(mutex_);
  return changes_.version_of(min_time_ms, max_time_ms);
}

void Pulse::note_samples(int64_t min_time_ms, int64_t max_time_ms) {
  const std::lock_guard hold(mutex_);
  changes_.note(min_time_ms, max_time_ms);
}

Result<void> Pulse::record(const std::string& fact) {
  std::string row;
  put_text(row, fact);
  return insert(client_, insert_statement(client_.options(), "facts", "name", "RowBinary"), row);
}

Result<void> Pulse::record_starts() {
  {
    const std::lock_guard hold(mutex_);
    if (vitals_.starts) return {};
  }
  TRY_VOID(record("starts"));
  const std::lock_guard hold(mutex_);
  vitals_.starts = true;
  return {};
}

Result<void> Pulse::record_histograms(const Names& metrics) {
  for (const std::string& metric : metrics) {
    {
      const std::lock_guard hold(mutex_);
      if (vitals_.histograms->contains(metric)) continue;
    }
    TRY_VOID(record(std::string(kHistograms.substr(kFact.size())) + metric));
    const std::lock_guard hold(mutex_);
    auto more = std::make_shared<Names>(*vitals_.histograms);
    more->insert(metric);
    vitals_.histograms = std::move(more);
  }
  return {};
}

}  // namespace gnomon::clickhouse

#include "adapters/clickhouse/change_poller.h"

#include <algorithm>
#include <charconv>

#include "adapters/clickhouse/row_binary.h"
#include "adapters/clickhouse/schema.h"
#include "src/base/clock.h"
#include "src/base/limits.h"

namespace gnomon::clickhouse {
namespace {

struct News {
  std::vector<std::string_view> facts;
  std::vector<std::string_view> changes;  // whole lines
};

// The word after the first `begin` bytes.
std::string_view word_at(std::string_view line, size_t begin) {
  line.remove_prefix(std::min(begin, line.size()));
  return line.substr(0, line.find(' '));
}

}  // namespace

void ChangePoller::add(Signal& signal) {
  for (const Table& table : signal.tables()) {
    owners_[local_name(client_.options(), table.name)] = signals_.size();
  }
  signals_.push_back(&signal);
}

// "fact PLACE FACT"; place: in signals_. "": no signal has any.
std::string ChangePoller::select_facts() const {
  std::string sql;
  for (size_t place = 0; place < signals_.size(); ++place) {
    const std::string facts = signals_[place]->select_facts();
    if (facts.empty()) continue;
    sql += (sql.empty() ? "" : " UNION ALL ") + ("SELECT concat('fact " + std::to_string(place)) +
           " ', fact) FROM (" + facts + ")";
  }
  return sql;
}

std::string ChangePoller::local_names(Watched how) const {
  std::string sql = "(''";
  for (const Signal* signal : signals_) {
    for (const Table& table : signal->tables()) {
      if (table.watched == how) sql += ", " + quoted(local_name(client_.options(), table.name));
    }
  }
  return sql + ")";
}

// Lines "KIND TABLE ...":
//   whole  what tells whether a table has changed at all
//   other  what else can change rows of unknown times: deletions that are done, partitions that go
//          or come back
//   doing  a deletion under way
//   part   the first and the last second of its rows, its first and last block, and where it is:
//          partition, table, server
// Of every replica of a cluster: each gets its parts at a time of its own, and any of them may be
// asked for rows.
std::string ChangePoller::select_parts() const {
  const Options& options = client_.options();
  const bool cluster = !options.cluster.empty();
  const std::string where = cluster ? "hostName(), tcpPort()" : "''";
  const auto system = [&](const std::string& table, Watched how) {
    const std::string all =
        cluster ? "clusterAllReplicas(" + identifier(options.cluster) + ", system." + table + ")"
                : "system." + table;
    return " FROM " + all + " WHERE database = " + quoted(options.database) + " AND table IN " +
           local_names(how);
  };
  return "SELECT concat('whole ', table, ' ', toString((max(max_block_number), "
         "max(data_version), uniqExact(partition_id), " +
         where + ")))" + system("parts", Watched::Whole) + " AND active GROUP BY table, " + where +
         " UNION ALL SELECT concat('other ', table, ' ', toString((uniqExact(partition_id), " +
         where + ")))" + system("parts", Watched::ByTime) + " AND active GROUP BY table, " + where +
         " UNION ALL SELECT concat(if(is_done, 'other ', 'doing '), table, ' ', mutation_id, "
         "toString(tuple(" +
         where + ")))" + system("mutations", Watched::ByTime) +
         " UNION ALL SELECT concat('part ', table, ' ', toString(toUnixTimestamp(min_time)), ' ', "
         "toString(toUnixTimestamp(max_time)), ' ', toString(min_block_number), ' ', "
         "toString(max_block_number), ' ', partition_id, ' ', table, toString(tuple(" +
         where + ")))" + system("parts", Watched::ByTime) + " AND active";
}

void ChangePoller::take(std::string_view answer, bool parts_known) {
  std::vector<News> news(signals_.size());
  storage::ByteReader reader(answer);
  while (reader.left() > 0) {
    const std::string_view line = take_text(reader);
    const std::string_view kind = word_at(line, 0);
    const std::string_view owner = word_at(line, kind.size() + 1);
    if (kind == "fact") {
      size_t place = news.size();
      std::from_chars(owner.data(), owner.data() + owner.size(), place);
      const size_t begin = kind.size() + owner.size() + 2;
      if (place < news.size()) news[place].facts.push_back(line.substr(begin));
    } else if (const auto found = owners_.find(owner); found != owners_.end()) {
      news[found->second].changes.push_back(line);
    }
  }
  for (size_t place = 0; place < signals_.size(); ++place) {
    signals_[place]->learn(news[place].facts);
    signals_[place]->changes().take(news[place].changes, parts_known);
  }
}

Result<void> ChangePoller::refresh(std::stop_token stop) {
  const int64_t begin = base::monotonic_ns();
  const std::string end = " FORMAT RowBinary";
  const std::string facts = select_facts();
  if (client_.options().cluster.empty()) {
    const std::string sql = facts + (facts.empty() ? "" : " UNION ALL ") + select_parts() + end;
    TRY(const std::string answer, client_.fetch({.sql = sql, .reads_only = true}, std::move(stop)));
    take(answer, true);
  } else {
    std::string answer;
    if (!facts.empty()) {
      TRY(answer, client_.fetch({.sql = facts + end, .reads_only = true}, stop));
    }
    // The user may not be allowed to ask that; then nothing is kept. A replica that is away serves
    // no rows, and when it comes back all its parts are new.
    const std::string sql = select_parts() + " SETTINGS skip_unavailable_shards = 1" + end;
    const auto parts = client_.fetch({.sql = sql, .reads_only = true}, stop);
    if (stop.stop_requested()) return base::canceled();
    take(parts.ok() ? answer + *parts : answer, parts.ok());
  }
  asked_ns_ = begin;
  return {};
}

Result<uint64_t> ChangePoller::poll(const Signal& signal, std::stop_token stop) {
  // Before anything is asked: what this server writes meanwhile counts for the next one.
  const uint64_t own = signal.changes().own_whole();
  {
    TRY(const auto hold, asking_.acquire(stop));
    if (asked_ns_ == 0 || base::monotonic_ns() - asked_ns_ > base::kClickHousePollMs * 1'000'000) {
      TRY_VOID(refresh(std::move(stop)));
    }
  }
  return signal.changes().others_whole() + (own << 32);
}

}  // namespace gnomon::clickhouse

#pragma once

#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "adapters/clickhouse/inserter.h"
#include "adapters/clickhouse/row_binary.h"
#include "adapters/clickhouse/signal.h"

namespace gnomon {

// A second kind of data, as small as one can be: lines of text, each at a time.
struct ToyEntry : clickhouse::Entry {
  ToyEntry(clickhouse::Signal& toy, int64_t its_time_ms, std::string its_text,
           std::stop_token its_stop = {})
      : Entry(toy), time_ms(its_time_ms), text(std::move(its_text)) {
    weight = 1;
    stop = std::move(its_stop);
  }
  int64_t time_ms;
  std::string text;
};

class ToySignal final : public clickhouse::Signal {
 public:
  explicit ToySignal(clickhouse::HttpClient& client) : client_(client) {}

  std::span<const clickhouse::Table> tables() const override {
    static constexpr clickhouse::Table kTables[] = {
        {"toy_words", "word String", "", clickhouse::PartitionBy::Nothing, "", "word", "0",
         "index_granularity = 1024", clickhouse::Watched::Whole},
        {"toy", "time DateTime64(3, 'UTC'), text String", "", clickhouse::PartitionBy::Time, "time",
         "(time, text)", "0", "index_granularity = 1024", clickhouse::Watched::ByTime}};
    return kTables;
  }
  std::string select_facts() const override {
    return "SELECT word AS fact FROM " + table_name(client_.options(), "toy_words") + " FINAL";
  }
  void learn(std::span<const std::string_view> rows) override {
    words_.assign(rows.begin(), rows.end());
  }
  Result<void> insert(std::span<clickhouse::Entry* const> entries,
                      std::stop_token abandoned) override {
    group_sizes_.push_back(entries.size());
    std::string rows;
    for (const clickhouse::Entry* entry : entries) {
      const auto& line = static_cast<const ToyEntry&>(*entry);
      if (line.text == "throw") throw std::runtime_error("a toy broke");
      storage::put_fixed(rows, line.time_ms);
      clickhouse::put_text(rows, line.text);
    }
    const std::string into =
        clickhouse::insert_statement(client_.options(), "toy", "time, text", "RowBinary");
    return clickhouse::insert(client_, into, rows, std::move(abandoned));
  }

  // What was learnt last, and how many entries came at once.
  const std::vector<std::string>& words() const { return words_; }
  const std::vector<size_t>& group_sizes() const { return group_sizes_; }

 private:
  clickhouse::HttpClient& client_;
  std::vector<std::string> words_;
  std::vector<size_t> group_sizes_;
};

}  // namespace gnomon

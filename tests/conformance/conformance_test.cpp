// Every script of testdata/promql on every store.

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "adapters/backends.h"
#include "src/storage/memory_store.h"
#include "tests/conformance/runner.h"

namespace gnomon::conformance {
namespace {

namespace fs = std::filesystem;

// The oracle again, as a store that reduces what it can.
constexpr const char* kReduced = "memory, reduced";

struct StoreRow {
  const char* name;
  const char* url;  // {dir}: a folder of its own
  bool reopen;      // closed and opened again after every load: queries read what was kept
};

// A backend is added here and nowhere else.
constexpr StoreRow kStores[] = {
    {"memory", "memory:", false},
    {"memory_reduced", kReduced, false},
    {"sqlite", "sqlite:{dir}/g.db", false},
    {"sqlite_reopened", "sqlite:{dir}/g.db", true},
};

class StoreBackend : public Backend {
 public:
  explicit StoreBackend(const StoreRow& row) : row_(row), url_(row.url) {
    static std::atomic<int> count{0};
    folder_ = fs::temp_directory_path() /
              ("gnomon-conformance-" + std::to_string(getpid()) + "-" + std::to_string(count++));
    fs::create_directories(folder_);
    if (const size_t at = url_.find("{dir}"); at != std::string::npos) {
      url_.replace(at, 5, folder_.string());
    }
  }
  ~StoreBackend() override {
    store_.reset();
    fs::remove_all(folder_);
  }

  Result<void> open() {
    if (row_.url == kReduced) {
      store_ = std::make_unique<storage::MemoryStore>(storage::MemoryStore::all_reductions());
      return {};
    }
    TRY(store_, adapters::open_store(url_, {}));
    return {};
  }
  storage::MetricStore& store() override { return *store_; }
  Result<void> settle() override {
    if (!row_.reopen) return {};
    store_.reset();
    return open();
  }

 private:
  const StoreRow& row_;
  std::string url_;
  fs::path folder_;
  std::unique_ptr<storage::MetricStore> store_;
};

Result<std::unique_ptr<Backend>> make_backend(const StoreRow& row) {
  auto backend = std::make_unique<StoreBackend>(row);
  TRY_VOID(backend->open());
  return std::unique_ptr<Backend>(std::move(backend));
}

std::vector<fs::path> script_files() {
  std::vector<fs::path> files;
  for (const auto& entry :
       fs::directory_iterator(fs::path(GNOMON_SOURCE_DIR) / "testdata" / "promql")) {
    if (entry.path().extension() == ".test") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

class Conformance : public ::testing::TestWithParam<std::tuple<size_t, fs::path>> {};

TEST_P(Conformance, EveryStatementHolds) {
  const auto& [index, file] = GetParam();
  const StoreRow& store = kStores[index];
  std::ifstream input(file);
  std::stringstream text;
  text << input.rdbuf();
  const auto script = parse_script(text.str());
  ASSERT_TRUE(script.ok()) << file << " " << script.error().message;
  const Report report = run_script(*script, [&] { return make_backend(store); });
  EXPECT_GT(report.statements, 0u);
  for (const std::string& failure : report.failures) {
    ADD_FAILURE() << file.filename().string() << " on " << store.name << ", " << failure;
  }
}

INSTANTIATE_TEST_SUITE_P(Scripts, Conformance,
                         ::testing::Combine(::testing::Range<size_t>(0, std::size(kStores)),
                                            ::testing::ValuesIn(script_files())),
                         [](const auto& info) {
                           std::string name = std::get<1>(info.param).stem().string();
                           std::replace(name.begin(), name.end(), '-', '_');
                           return std::string(kStores[std::get<0>(info.param)].name) + "_" + name;
                         });

}  // namespace
}  // namespace gnomon::conformance

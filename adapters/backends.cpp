#include "adapters/backends.h"

#include <array>
#include <string_view>

#include "adapters/sqlite/sqlite_store.h"
#include "src/storage/memory_store.h"

namespace gnomon::adapters {
namespace {

using StorePtr = std::unique_ptr<storage::MetricStore>;

Result<StorePtr> open_memory(std::string_view, const storage::StoreOptions&) {
  return StorePtr(std::make_unique<storage::MemoryStore>());
}

Result<StorePtr> open_sqlite(std::string_view path, const storage::StoreOptions& options) {
  if (path.starts_with("///")) path.remove_prefix(2);
  if (path.empty()) return Error{ErrorKind::BadData, "sqlite: needs the path of a file"};
  TRY(auto store, sqlite::SqliteStore::open(std::string(path), options));
  return StorePtr(std::move(store));
}

struct Backend {
  std::string_view scheme;
  std::string_view form;
  Result<StorePtr> (*open)(std::string_view rest, const storage::StoreOptions& options);
};

constexpr std::array kBackends = {
    Backend{"memory", "memory:", open_memory},
    Backend{"sqlite", "sqlite:PATH", open_sqlite},
};

}  // namespace

Result<StorePtr> open_store(const std::string& url, const storage::StoreOptions& options) {
  const size_t colon = url.find(':');
  for (const Backend& backend : kBackends) {
    if (colon != std::string::npos && url.compare(0, colon, backend.scheme) == 0) {
      return backend.open(std::string_view(url).substr(colon + 1), options);
    }
  }
  std::string known;
  for (const Backend& backend : kBackends) {
    known += (known.empty() ? "" : ", ") + std::string(backend.form);
  }
  return Error{ErrorKind::BadData, "unknown store \"" + url + "\"; known are: " + known};
}

std::vector<std::string> store_url_forms() {
  std::vector<std::string> forms;
  for (const Backend& backend : kBackends) forms.emplace_back(backend.form);
  return forms;
}

}  // namespace gnomon::adapters

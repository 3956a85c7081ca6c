// The rules of the house, checked on the tree: who may include whom, and how large things get.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "tests/tidy/source.h"

namespace gnomon::tidy {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const fs::path kRoot = GNOMON_SOURCE_DIR;
constexpr int kFunctionLinesMax = 70;
constexpr int kFileLinesMax = 800;
constexpr int kColumnsMax = 100;
constexpr int kVirtualsMax = 5;
// The only files that see Beast, Asio and coroutines.
const std::string kEdge =
    "http/(session|server|connection|upgrade|transport|request_parser)\\.(h|cpp)";

// The architecture: each room sees itself and what stands left of it.
//   base < model < functions < storage < plan < exec < parsing < promql < engine < ingest < http <
//   cli
//                                                               engine < transfer        < cli
//                              storage < sql < one per database < adapters          < cli
const std::vector<std::string> kRooms = {"src/base",   "src/model",  "src/functions", "src/storage",
                                         "src/plan",   "src/exec",   "src/parsing",   "src/promql",
                                         "src/engine", "src/ingest", "http"};
const std::set<std::string> kSeenByAdapters = {"src/base", "src/model", "src/functions",
                                               "src/storage", "adapters/sql"};

const std::vector<Source>& product() {
  static const std::vector<Source> kSources = read_sources(kRoot, {"src", "adapters", "http"});
  return kSources;
}

const std::vector<Source>& everything() {
  static const std::vector<Source> kSources =
      read_sources(kRoot, {"src", "adapters", "http", "tests"});
  return kSources;
}

// src/plan/plan.cpp -> src/plan; http/api/query.cpp -> http; adapters/backends.h -> adapters.
std::string room_of(const std::string& path) {
  if (path.starts_with("http/")) return "http";
  return fs::path(path).parent_path().string();
}

bool may_include(const std::string& from, const std::string& to) {
  if (from == to || from == "src" || from == "src/cli") return true;
  if (from == "src/transfer") return to != "src/ingest" && may_include("src/ingest", to);
  if (from == "adapters") return to.starts_with("adapters/") || kSeenByAdapters.contains(to);
  if (from.starts_with("adapters/")) return kSeenByAdapters.contains(to);
  const auto self = std::find(kRooms.begin(), kRooms.end(), from);
  return self != kRooms.end() && std::find(kRooms.begin(), self, to) != self;
}

std::string at(const Source& source, int line) { return source.path + ":" + std::to_string(line); }

// Files outside `allowed` (a pattern on paths) that include something matching `header`.
std::vector<std::string> included_outside(const std::string& header, const std::string& allowed) {
  const std::regex header_pattern(header), allowed_pattern(allowed);
  std::vector<std::string> found;
  for (const Source& source : product()) {
    if (std::regex_match(source.path, allowed_pattern)) continue;
    for (const Include& include : includes(source)) {
      if (std::regex_search(include.path, header_pattern))
        found.push_back(at(source, include.line));
    }
  }
  return found;
}

TEST(Tidy, EveryRoomIncludesOnlyLeftwards) {
  std::vector<std::string> wrong;
  for (const Source& source : product()) {
    for (const Include& include : includes(source)) {
      if (!include.quoted || !fs::exists(kRoot / include.path)) continue;
      if (!may_include(room_of(source.path), room_of(include.path))) {
        wrong.push_back(at(source, include.line) + " includes " + include.path);
      }
    }
  }
  EXPECT_THAT(wrong, IsEmpty());
}

TEST(Tidy, TheTableItselfSaysWhatItShould) {
  EXPECT_TRUE(may_include("src/exec", "src/plan"));
  EXPECT_FALSE(may_include("src/plan", "src/exec"));
  EXPECT_FALSE(may_include("src/plan", "src/promql"));
  EXPECT_FALSE(may_include("src/exec", "src/promql"));
  EXPECT_FALSE(may_include("adapters/sqlite", "src/promql"));
  EXPECT_FALSE(may_include("adapters/sqlite", "adapters/postgres"));
  EXPECT_TRUE(may_include("adapters", "adapters/sqlite"));
  EXPECT_FALSE(may_include("http", "adapters"));
  EXPECT_FALSE(may_include("http", "src/cli"));
  EXPECT_TRUE(may_include("src/transfer", "src/engine"));
  EXPECT_FALSE(may_include("src/transfer", "adapters"));
  EXPECT_FALSE(may_include("src/unlisted", "src/base"));
  EXPECT_EQ(room_of("http/api/query.cpp"), "http");
  EXPECT_EQ(room_of("src/main.cpp"), "src");
}

TEST(Tidy, ProjectIncludesAreWrittenFromTheRootAndOwnHeaderComesFirst) {
  std::vector<std::string> wrong;
  for (const Source& source : everything()) {
    const auto list = includes(source);
    for (const Include& include : list) {
      if (include.quoted && include.path.find('/') == std::string::npos &&
          !include.path.starts_with("PromQL") && !include.path.starts_with("antlr4")) {
        wrong.push_back(at(source, include.line));
      }
    }
    fs::path own = source.path;
    own.replace_extension(".h");
    if (!source.header() && fs::exists(kRoot / own) &&
        (list.empty() || list[0].path != own.string())) {
      wrong.push_back(source.path + " does not include its own header first");
    }
  }
  EXPECT_THAT(wrong, IsEmpty());
}

TEST(Tidy, FunctionsAreShort) {
  std::vector<std::string> wrong;
  for (const Source& source : everything()) {
    for (const Function& function : functions(source)) {
      if (function.lines > kFunctionLinesMax) {
        wrong.push_back(at(source, function.line) + " " + std::to_string(function.lines) +
                        " lines: " + function.head);
      }
    }
  }
  EXPECT_THAT(wrong, IsEmpty());
}

TEST(Tidy, FilesAreShortAndLinesNarrow) {
  std::vector<std::string> wrong;
  for (const Source& source : everything()) {
    const auto lines = std::count(source.text.begin(), source.text.end(), '\n');
    if (lines > kFileLinesMax) wrong.push_back(source.path + " " + std::to_string(lines));
    for (int line : long_lines(source, kColumnsMax)) wrong.push_back(at(source, line));
  }
  EXPECT_THAT(wrong, IsEmpty());
}

TEST(Tidy, SeamsAreNarrow) {
  std::vector<std::string> wrong;
  for (const Source& source : product()) {
    for (const Class& one : classes(source)) {
      if (one.virtuals > kVirtualsMax) wrong.push_back(at(source, one.line) + " " + one.head);
    }
  }
  EXPECT_THAT(wrong, IsEmpty());
}

TEST(Tidy, ThirdPartiesStayInTheirFiles) {
  EXPECT_THAT(included_outside("antlr4|^PromQL(Lexer|Parser)",
                               "src/(parsing/(run|tokens)|promql/parse[a-z_]*)\\.(h|cpp)"),
              IsEmpty());
  EXPECT_THAT(included_outside("^boost/(beast|asio)", kEdge), IsEmpty());
  EXPECT_THAT(included_outside("^re2/", "src/(model/(matcher|regex)|functions/label_expand)\\.cpp"),
              IsEmpty());
  EXPECT_THAT(included_outside("^sqlite3", "adapters/sqlite/.*\\.cpp"), IsEmpty());
  EXPECT_THAT(included_outside("^curl/", "adapters/clickhouse/http_client\\.cpp"), IsEmpty());
  EXPECT_THAT(included_outside("^nlohmann/", ".*\\.cpp"), IsEmpty());
  EXPECT_THAT(included_outside("^(snappy|zstd|zlib|xxhash)", ".*\\.cpp"), IsEmpty());
}

TEST(Tidy, CoroutinesLiveAtTheEdgeAndAwaitPlainOperands) {
  const std::regex edge(kEdge);
  std::vector<std::string> wrong;
  for (const Source& source : product()) {
    if (source.code.find("co_await") != std::string::npos && !std::regex_match(source.path, edge)) {
      wrong.push_back(source.path);
    }
    for (int line : braced_awaits(source)) wrong.push_back(at(source, line));
  }
  EXPECT_THAT(wrong, IsEmpty());
}

TEST(Tidy, EveryHeaderHasPragmaOnce) {
  std::vector<std::string> wrong;
  for (const Source& source : everything()) {
    if (source.header() && source.code.find("#pragma once") == std::string::npos) {
      wrong.push_back(source.path);
    }
  }
  EXPECT_THAT(wrong, IsEmpty());
}

TEST(Tidy, TheNamespaceIsTheFolder) {
  std::vector<std::string> wrong;
  for (const Source& source : product()) {
    const fs::path folder = fs::path(source.path).parent_path();
    if (folder == "src") continue;
    const std::string name = "namespace gnomon::" + folder.filename().string();
    if (source.code.find(name) == std::string::npos) wrong.push_back(source.path);
  }
  EXPECT_THAT(wrong, IsEmpty());
}

TEST(Tidy, TheTopLevelIsFixed) {
  const std::set<std::string> fixed = {"CMakeLists.txt", "grammar",    "src",
                                       "adapters",       "http",       "tests",
                                       "testdata",       "README.md",  "docker-compose.yml",
                                       "scripts",        "Dockerfile", "LICENSE"};
  const std::regex ignored(R"(\..*|build.*|.*\.db(-wal|-shm)?|compile_commands\.json)");
  for (const auto& entry : fs::directory_iterator(kRoot)) {
    const std::string name = entry.path().filename().string();
    EXPECT_TRUE(fixed.contains(name) || std::regex_match(name, ignored)) << name;
  }
}

// The rules are only as good as what reads the code.

TEST(TidyReader, FindsFunctionsAndTheirLength) {
  const Source source = make_source("x.cpp", R"(
namespace a {
const char* kText = "{ not a block";
constexpr int kTable[] = {f(1), 2};
struct S {
  int inline_one() const { return 1; }  // }
};
int two_lines(int x) {
  return x; }
S::S(int x)
    : a_(x) {
  if (x) {
    y();
  }
}
}  // namespace a
)");
  std::vector<std::pair<int, int>> found;
  for (const Function& function : functions(source))
    found.push_back({function.line, function.lines});
  EXPECT_THAT(found, ElementsAre(std::pair(6, 1), std::pair(8, 2), std::pair(10, 6)));
}

TEST(TidyReader, CountsVirtualsButNotTheDestructor) {
  const Source source = make_source("x.h", R"(
class A {
 public:
  virtual ~A() = default;
  virtual int f() = 0;
  virtual void g() const = 0;
};
)");
  ASSERT_EQ(classes(source).size(), 1u);
  EXPECT_EQ(classes(source)[0].virtuals, 2);
}

TEST(TidyReader, FindsAwaitsWithLambdasAndBraces) {
  const Source source = make_source("x.cpp", R"(
void f() {
  co_await post([&] { work(); });
  co_await write(Buffer{a, b});
  if (co_await read(list[0])) { go(); }
  auto n = co_await read(buffer);
}
)");
  EXPECT_THAT(braced_awaits(source), ElementsAre(3, 4));
}

TEST(TidyReader, CountsCharactersNotBytes) {
  EXPECT_THAT(long_lines(make_source("x.h", "äöü\nabcd\n"), 3), ElementsAre(2));
}

TEST(TidyReader, ReadsIncludes) {
  const auto list = includes(make_source("x.h", "#include <a/b.h>\n// no\n#include \"c/d.h\"\n"));
  ASSERT_EQ(list.size(), 2u);
  EXPECT_FALSE(list[0].quoted);
  EXPECT_EQ(list[1].path, "c/d.h");
  EXPECT_EQ(list[1].line, 3);
}

}  // namespace
}  // namespace gnomon::tidy

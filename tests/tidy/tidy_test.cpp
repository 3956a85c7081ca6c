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

const std::vector<Source>& product() {
  static const std::vector<Source> kSources = read_sources(kRoot, {"src", "adapters", "http"});
  return kSources;
}

const std::vector<Source>& everything() {
  static const std::vector<Source> kSources =
      read_sources(kRoot, {"src", "adapters", "http", "tests"});
  return kSources;
}

// The folders of signals: rooms within rooms, in whose namespace they are.
const std::set<std::string> kSignals = {"metrics", "logs", "traces"};

// tests/tidy/rooms.txt, in its order.
const std::vector<Room>& rooms() {
  static const std::vector<Room> kRooms = read_rooms(kRoot / "tests/tidy/rooms.txt");
  return kRooms;
}

const Room* find_room(const std::string& path) {
  for (const Room& room : rooms()) {
    if (room.path == path) return &room;
  }
  return nullptr;
}

// src/plan/plan.cpp -> src/plan; adapters/backends.h -> adapters.
std::string room_of(const std::string& path) { return fs::path(path).parent_path().string(); }

bool may_include(const std::string& from, const std::string& to) {
  if (from == to) return true;
  const Room* room = find_room(from);
  return room != nullptr && std::count(room->needs.begin(), room->needs.end(), to) != 0;
}

// Everything that a room sees directly or through others.
std::set<std::string> seen_from(const std::string& path) {
  std::set<std::string> seen;
  const Room* room = find_room(path);
  if (room == nullptr) return seen;
  for (const std::string& need : room->needs) {
    seen.insert(need);
    seen.merge(seen_from(need));
  }
  return seen;
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

TEST(Tidy, EveryRoomIncludesOnlyWhatItNeeds) {
  std::vector<std::string> wrong;
  std::map<std::string, std::set<std::string>> used;
  for (const Source& source : product()) {
    const std::string from = room_of(source.path);
    for (const Include& include : includes(source)) {
      if (!include.quoted || !fs::exists(kRoot / include.path)) continue;
      const std::string to = room_of(include.path);
      used[from].insert(to);
      if (!may_include(from, to)) {
        wrong.push_back(at(source, include.line) + " includes " + include.path);
      }
    }
  }
  for (const Room& room : rooms()) {
    for (const std::string& need : room.needs) {
      if (!used[room.path].contains(need)) wrong.push_back(room.path + " has no use for " + need);
    }
  }
  EXPECT_THAT(wrong, IsEmpty());
}

TEST(Tidy, EveryFolderIsARoomAboveAllThatItNeeds) {
  std::vector<std::string> wrong;
  std::set<std::string> above;
  for (const Room& room : rooms()) {
    for (const std::string& need : room.needs) {
      if (!above.contains(need)) wrong.push_back(room.path + " stands above its need " + need);
    }
    if (!above.insert(room.path).second) wrong.push_back(room.path + " has two rows");
  }
  for (const Source& source : product()) {
    if (!above.contains(room_of(source.path))) wrong.push_back(source.path + " is in no room");
  }
  EXPECT_THAT(wrong, IsEmpty());
}

// Pairs of patterns on rooms: what matches the first never sees what matches the second, directly
// or through others.
TEST(Tidy, WhatMustNeverSeeEachOtherDoesNot) {
  const std::pair<std::regex, std::regex> kNever[] = {
      {std::regex("src/(plan|exec|functions|storage.*)|adapters.*"),
       std::regex("src/(promql|logql|traceql)")},
      {std::regex("adapters.*"), std::regex("src/(plan|exec|engine|wire)|http.*")},
      {std::regex("src/wire.*"), std::regex("src/storage.*|adapters.*")},
      {std::regex("src/(rules|agents)"), std::regex("http.*|adapters.*")},
      {std::regex("http.*"), std::regex("adapters.*")},
      {std::regex("src/(?!server|cli).+"), std::regex("http.*|adapters.*")},
  };
  const std::regex kApi("http/[a-z]+"), kSignal("(.*)/(metrics|logs|traces)"),
      kLanguage("src/(promql|logql|traceql)"), kBackend("adapters/(sqlite|postgres|clickhouse).*");
  std::vector<std::string> wrong;
  const auto apart = [](const std::string& a, const std::string& b, const std::regex& kind) {
    return a != b && std::regex_match(a, kind) && std::regex_match(b, kind);
  };
  const auto backend = [](const std::string& room) { return room.substr(0, room.find('/', 9)); };
  for (const Room& room : rooms()) {
    for (const std::string& seen : seen_from(room.path)) {
      bool never = apart(room.path, seen, kApi) || apart(room.path, seen, kLanguage);
      never = never || (apart(room.path, seen, kSignal) &&
                        fs::path(room.path).filename() != fs::path(seen).filename());
      never = never || (apart(room.path, seen, kBackend) && backend(room.path) != backend(seen));
      for (const auto& [from, to] : kNever) {
        never = never || (std::regex_match(room.path, from) && std::regex_match(seen, to));
      }
      if (never) wrong.push_back(room.path + " sees " + seen);
    }
  }
  EXPECT_THAT(wrong, IsEmpty());
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
  EXPECT_THAT(included_outside("^(libpq|postgres)", "adapters/postgres/.*\\.cpp"), IsEmpty());
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
    const bool signal = kSignals.contains(folder.filename().string());
    const fs::path named = signal ? folder.parent_path() : folder;
    const std::string name = "namespace gnomon::" + named.filename().string();
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

#include "src/cli/import_pieces.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace gnomon::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> pieces(const std::string& text, ImportFormat format) {
  std::istringstream input(text);
  std::vector<std::string> found;
  uint64_t last = 0;
  const auto sent = send_in_pieces(input, format, [&](std::string piece, uint64_t consumed) {
    EXPECT_GT(consumed, last);
    last = consumed;
    found.push_back(std::move(piece));
    return Result<void>();
  });
  EXPECT_TRUE(sent.ok());
  return found;
}

TEST(ImportPieces, AreCutBetweenLinesAndRepeatTheDescriptionOfTheirFamily) {
  EXPECT_THAT(pieces("# HELP a help of a\n# TYPE a counter\na{x=\"1\"} 1\na{x=\"2\"} 2\nb 3\n",
                     {.piece_bytes = 40}),
              ElementsAre("# HELP a help of a\n# TYPE a counter\na{x=\"1\"} 1\n",
                          "# HELP a help of a\n# TYPE a counter\na{x=\"2\"} 2\n",
                          "# HELP a help of a\n# TYPE a counter\nb 3\n"));
}

TEST(ImportPieces, OfOpenMetricsAllEndInEof) {
  EXPECT_THAT(pieces("a 1\nb 2\n# EOF\nignored 1\n", {.open_metrics = true, .piece_bytes = 4}),
              ElementsAre("a 1\n# EOF\n", "b 2\n# EOF\n"));
}

TEST(ImportPieces, ALastLineWithoutLineBreakCounts) {
  EXPECT_THAT(pieces("a 1\nb 2", {}), ElementsAre("a 1\nb 2\n"));
}

TEST(ImportPieces, NothingComesOfNothing) { EXPECT_THAT(pieces("", {}), IsEmpty()); }

TEST(ImportPieces, DescriptionsAloneAreSentOnce) {
  EXPECT_THAT(pieces("# TYPE a gauge\n", {}), ElementsAre("# TYPE a gauge\n"));
  EXPECT_THAT(pieces("# TYPE a gauge\na 1\n", {.piece_bytes = 1}),
              ElementsAre("# TYPE a gauge\na 1\n"));
}

TEST(ImportPieces, AnErrorOfTheReceiverEndsTheWork) {
  std::istringstream input("a 1\nb 2\n");
  int calls = 0;
  const auto sent =
      send_in_pieces(input, {.piece_bytes = 1}, [&](const std::string&, uint64_t) -> Result<void> {
        ++calls;
        return Error{ErrorKind::Unavailable, "gone"};
      });
  EXPECT_EQ(sent.error().message, "gone");
  EXPECT_EQ(calls, 1);
}

TEST(ImportPieces, OpenMetricsIsKnownByItsEnd) {
  std::istringstream yes("a 1\n# EOF\n"), no("a 1\n"), empty("");
  EXPECT_TRUE(ends_as_open_metrics(yes));
  EXPECT_FALSE(ends_as_open_metrics(no));
  EXPECT_FALSE(ends_as_open_metrics(empty));
  std::string line;
  std::getline(yes, line);
  EXPECT_EQ(line, "a 1");
}

}  // namespace
}  // namespace gnomon::cli

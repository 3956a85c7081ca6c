#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gnomon::cli {

enum class Align { Left, Right };

// Rows of text in columns that line up; a header above, two spaces between. Rows must be as long as
// `header`. Characters count as one column each; no trailing blanks.
std::string render_table(const std::vector<std::string>& header, const std::vector<Align>& align,
                         const std::vector<std::vector<std::string>>& rows);

// RFC 4180, lines end in "\n".
std::string render_csv(const std::vector<std::string>& header,
                       const std::vector<std::vector<std::string>>& rows);

// Number of characters of UTF-8 text.
size_t text_columns(std::string_view text);

}  // namespace gnomon::cli

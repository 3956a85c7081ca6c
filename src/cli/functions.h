#pragma once

#include <string>

#include "src/functions/table.h"

namespace gnomon::cli {

// "rate(range-vector) instant-vector". [scalar] may be left out, [string...] repeated too.
std::string function_signature(const functions::Function& function);

// All functions as a Markdown table, as the README shows it.
std::string function_markdown();

}  // namespace gnomon::cli

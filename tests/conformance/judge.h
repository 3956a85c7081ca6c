#pragma once

#include <string>

#include "src/engine/engine.h"
#include "tests/conformance/script.h"

namespace gnomon::conformance {

// What is wrong with an answer, in words; empty when all is as expected.
std::string judge(const Eval& eval, const Result<engine::QueryAnswer>& answer);

// For an instant evaluation: the middle step of a range query around its time must say the same.
std::string judge_middle(const Eval& eval, const Result<engine::QueryAnswer>& answer);

}  // namespace gnomon::conformance

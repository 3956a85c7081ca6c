#include "src/functions/signature.h"

namespace gnomon::functions {

std::string_view type_description(ValueType type) {
  switch (type) {
    case ValueType::None:
      return "none";
    case ValueType::Scalar:
      return "scalar";
    case ValueType::String:
      return "string";
    case ValueType::InstantVector:
      return "instant vector";
    case ValueType::RangeVector:
      return "range vector";
  }
  return "none";
}

std::string_view type_name(ValueType type) {
  if (type == ValueType::InstantVector) return "vector";
  if (type == ValueType::RangeVector) return "matrix";
  return type_description(type);
}

}  // namespace gnomon::functions

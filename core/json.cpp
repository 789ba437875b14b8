#include "core/json.hpp"

#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace colony::core {

namespace {

/// Counts depth and values before anything is built, so that a hostile body costs only one pass.
Result<> check_shape(std::string_view text, const JsonLimits& limits) {
  std::size_t depth = 0;
  std::size_t values = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
      continue;
    }
    if (c == '"') in_string = true;
    if (c == ',' || c == ':') ++values;
    if (c == '[' || c == '{') {
      ++values;
      if (++depth > limits.depth) {
        return fail(ErrorKind::invalid_input, "json.too_deep",
                    fmt::format("JSON nested deeper than {}", limits.depth));
      }
    }
    if ((c == ']' || c == '}') && depth > 0) --depth;
    if (values > limits.values) {
      return fail(ErrorKind::invalid_input, "json.too_many",
                  fmt::format("JSON with more than {} values", limits.values));
    }
  }
  return {};
}

}  // namespace

Result<Json> parse_json(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.bytes) {
    return fail(ErrorKind::invalid_input, "json.too_large",
                fmt::format("JSON of {} bytes, at most {} are taken", text.size(), limits.bytes));
  }
  if (auto shape = check_shape(text, limits); !shape) return std::unexpected(shape.error());
  try {
    return Json::parse(text);
  } catch (const Json::exception& error) {
    const auto* parse = dynamic_cast<const Json::parse_error*>(&error);
    return fail(ErrorKind::invalid_input, "json.syntax",
                parse != nullptr ? fmt::format("not JSON at byte {}", parse->byte) : "not JSON");
  }
}

std::string dump_json(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

const Json* json_member(const Json& object, std::string_view key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

std::optional<std::string> json_text(const Json& object, std::string_view key, std::size_t limit) {
  const Json* member = json_member(object, key);
  if (member == nullptr || !member->is_string()) return std::nullopt;
  const auto& text = member->get_ref<const std::string&>();
  if (text.size() > limit) return std::nullopt;
  return text;
}

std::optional<std::int64_t> json_int(const Json& object, std::string_view key) {
  const Json* member = json_member(object, key);
  if (member == nullptr || !member->is_number_integer()) return std::nullopt;
  if (member->is_number_unsigned() &&
      member->get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return std::nullopt;
  }
  return member->get<std::int64_t>();
}

std::optional<std::uint64_t> json_uint(const Json& object, std::string_view key) {
  const Json* member = json_member(object, key);
  if (member == nullptr || !member->is_number_integer()) return std::nullopt;
  if (!member->is_number_unsigned() && member->get<std::int64_t>() < 0) return std::nullopt;
  return member->get<std::uint64_t>();
}

std::optional<bool> json_bool(const Json& object, std::string_view key) {
  const Json* member = json_member(object, key);
  if (member == nullptr || !member->is_boolean()) return std::nullopt;
  return member->get<bool>();
}

}  // namespace colony::core

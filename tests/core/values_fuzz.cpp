// The values that every decoder is made of, from any text and any bytes: what parses has one text form, which
// parses to the same value; JSON within its bounds survives being written and read again.
#include <cstdlib>

#include <nlohmann/json.hpp>

#include "core/address.hpp"
#include "core/bytes.hpp"
#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/json.hpp"
#include "core/sha256.hpp"

using namespace colony::core;

namespace {

template <class Value>
void check_text_form(std::string_view text) {
  const auto value = Value::parse(text);
  if (value && Value::parse(value->to_string()) != value) std::abort();
}

void check_texts(std::string_view text) {
  check_text_form<MacAddress>(text);
  check_text_form<Ipv4Address>(text);
  check_text_form<Ipv4Network>(text);
  check_text_form<Uuid>(text);
  check_text_form<Sha256Digest>(text);
  if (const auto uuid = Uuid::parse(text); uuid && uuid->swapped().swapped() != *uuid) std::abort();
  if (const auto time = parse_utc(text); time && parse_utc(format_utc(*time)) != time) std::abort();
  if (const auto duration = parse_duration(text); duration && format_duration(*duration).empty())
    std::abort();
  if (const auto bytes = parse_hex(text); bytes && parse_hex(hex(*bytes)) != bytes) std::abort();
  // The last byte's escape and the dots may pass the limit.
  if (printable(text, 20).size() > 20 + 3 + 3) std::abort();
}

void check_json(std::string_view text) {
  const auto json = parse_json(text, {.bytes = 2048, .depth = 8, .values = 200});
  if (!json) {
    if (json.error().code.empty() || json.error().message.empty()) std::abort();
    return;
  }
  const std::string written = dump_json(*json);
  const auto again = parse_json(written);
  if (!again || dump_json(*again) != written) std::abort();
  const auto number = json_uint(*json, "n");
  const auto whole = json_int(*json, "n");
  if (number && whole && static_cast<std::int64_t>(*number) != *whole) std::abort();
  if (json_text(*json, "t", 4).value_or("").size() > 4) std::abort();
  (void)json_bool(*json, "b");
}

/// The first byte of each turn says what is read; the writer is given the same and keeps its limit.
void check_bytes(ByteView input) {
  ByteReader script(input);
  ByteReader reader(input);
  ByteWriter writer(64);
  while (reader.ok() && !script.at_end()) {
    const auto what = script.u8().value_or(0);
    const auto before = reader.offset();
    switch (what % 10) {
      case 0: writer.u8(reader.u8().value_or(0)); break;
      case 1: writer.u16be(reader.u16be().value_or(0)); break;
      case 2: writer.u32be(reader.u32be().value_or(0)); break;
      case 3: writer.u16le(reader.u16le().value_or(0)); break;
      case 4: writer.u32le(reader.u32le().value_or(0)); break;
      case 5: writer.bytes(reader.take(what / 10).value_or(ByteView())); break;
      case 6: writer.text(reader.c_string(what / 10).value_or("")); break;
      case 7: (void)reader.skip(what / 10); break;
      case 8: writer.fill(what / 10, what); break;
      default:
        if (writer.size() > 0) writer.patch_u8(what % writer.size(), what);
        break;
    }
    if (reader.offset() < before || reader.offset() > input.size() || writer.size() > 64) std::abort();
  }
  if (reader.rest().size() > input.size() || reader.remaining() != 0) std::abort();
  (void)std::move(writer).finish();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input(data, size);
  check_texts(as_text(input));
  check_json(as_text(input));
  check_bytes(input);
  return 0;
}

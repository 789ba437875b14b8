// Any cells whatever through every row decoder. The first byte chooses the decoder; then cells follow: a type
// byte, a length byte, bytes.

#include "core/bytes.hpp"
#include "daemon/store/access_rows.hpp"
#include "daemon/store/rows.hpp"

using namespace colony;
using namespace colony::daemon::store;

namespace {

Cells cells_from(core::ByteReader& in) {
  Cells cells;
  while (!in.at_end() && in.ok() && cells.size() < 32) {
    const auto type = in.u8().value_or(0) % 4;
    if (type == 0) {
      cells.emplace_back(std::monostate{});
      continue;
    }
    const auto length = in.u8().value_or(0);
    const auto bytes = in.take(length);
    if (!bytes) break;
    if (type == 1) {
      std::uint64_t value = 0;
      for (const auto byte : *bytes) value = value << 8 | byte;
      cells.emplace_back(static_cast<std::int64_t>(value));
    } else if (type == 2) {
      cells.emplace_back(std::string(core::as_text(*bytes)));
    } else {
      cells.emplace_back(core::Bytes(bytes->begin(), bytes->end()));
    }
  }
  return cells;
}

/// What decodes has a form of its own again, of the same width.
void expect_width(const Cells& again, const Cells& cells) {
  if (again.size() != cells.size()) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Sealer sealer(core::Secret(std::string(32, 'k')));
  core::ByteReader in({data, size});
  const auto which = in.u8().value_or(0) % 14;
  const Cells cells = cells_from(in);
  static const std::string sql =
      upsert_sql(assets_table) + insert_sql(timeline_table) + select_sql(outbox_table);
  if (sql.empty()) return 0;
  if (which == 0) {
    if (const auto row = decode_asset(cells, sealer, Unseal::no))
      expect_width(encode(row->asset, row->revision, sealer), cells);
  } else if (which == 1) {
    if (const auto row = decode_asset(cells, sealer, Unseal::yes))
      expect_width(encode(row->asset, row->revision, sealer), cells);
  } else if (which == 2) {
    if (const auto row = decode_workflow(cells, sealer)) expect_width(encode(*row, sealer), cells);
  } else if (which == 3) {
    if (const auto row = decode_intent(cells)) expect_width(encode(*row), cells);
  } else if (which == 4) {
    if (const auto row = decode_timeline(cells)) expect_width(encode(*row), cells);
  } else if (which == 5) {
    if (const auto row = decode_wipe_record(cells)) expect_width(encode(*row), cells);
  } else if (which == 6) {
    if (const auto row = decode_setting(cells)) expect_width(encode(*row), cells);
  } else if (which == 7) {
    if (const auto row = decode_event(cells)) expect_width(encode(row->seq, row->event), cells);
  } else if (which == 8) {
    if (const auto row = decode_operation(cells, sealer)) expect_width(encode(*row, sealer), cells);
  } else if (which == 9) {
    if (const auto row = decode_lease(cells)) expect_width(encode(*row), cells);
  } else if (which == 10) {
    if (const auto row = decode_secret(cells, sealer)) expect_width(encode(*row, sealer), cells);
  } else if (which == 11) {
    if (const auto row = decode_user(cells, sealer)) expect_width(encode(*row, sealer), cells);
  } else if (which == 12) {
    if (const auto row = decode_key(cells)) expect_width(encode(*row), cells);
  } else if (const auto row = decode_audit(cells)) {
    if (encode(*row).size() + 1 != cells.size()) __builtin_trap();
  }
  return 0;
}

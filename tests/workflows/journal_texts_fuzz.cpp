// Any text where the journal keeps JSON of ours: a wipe's detail and result, an asset's identity, a step's
// context. What is read survives being written; a redemption for other disks than the journaled ones never
// passes the fence.
#include <cstdlib>

#include <nlohmann/json.hpp>

#include "workflows/assets/identity.hpp"
#include "workflows/engine/events.hpp"
#include "workflows/wipe/wipe_plan.hpp"

using namespace colony;
using namespace colony::workflows;

namespace {

void check_identity(std::string_view text) {
  const Identity identity = identity_from_text(text);
  if (identity_from_text(to_text(identity)) != identity) std::abort();
  Identity sum;
  add_to(sum, identity);
  add_to(sum, identity);
  if (strong_keys(sum).size() > strong_keys(identity).size()) std::abort();
  const auto bmc = bmc_identity_from_text(text);
  if (!bmc) return;
  const auto again = bmc_identity_from_text(to_text(*bmc));
  if (!again || to_text(*again) != to_text(*bmc)) std::abort();
  const Identity known = identity_of(*bmc);
  (void)match_reason(identity, known, identity.bmc_address.value_or(core::Ipv4Address()));
  (void)match_reason(identity, known, core::Ipv4Address());
}

void check_inventory(std::string_view text) {
  const auto json = core::parse_json(text);
  const auto inventory = json ? drivers::scout::decode_inventory(*json)
                              : std::unexpected(core::Error{core::ErrorKind::corrupt, "", ""});
  if (!inventory) return;
  (void)strong_keys(identity_of(*inventory));
  const auto all = select_disks(*inventory, {});
  if (all && all->disks.size() + all->left_alone.size() != inventory->disks.size()) std::abort();
  if (inventory->disks.empty()) return;
  const auto& id = inventory->disks.front().id;
  const auto named = select_disks(*inventory, {id.serial, id.wwn, id.serial});
  if (named && named->disks.size() != 1) std::abort();
  (void)select_disks(*inventory, {"no such disk"});
}

void check_wipe(std::string_view text) {
  IntentRow intent;
  intent.act = "wipe";
  intent.token_hash = core::sha256("token");
  intent.detail_json = text;
  const auto detail = wipe_detail_from_text(text);
  drivers::scout::Redemption redemption;
  redemption.token = "token";
  if (!detail) {
    if (detail.error().message.empty() || check_redemption(redemption, intent, {})) std::abort();
    return;
  }
  const auto again = wipe_detail_from_text(to_text(*detail));
  if (!again || to_text(*again) != to_text(*detail)) std::abort();
  redemption.disks = detail->disks;
  const auto passed = check_redemption(redemption, intent, {});
  redemption.disks.pop_back();
  if (check_redemption(redemption, intent, {})) std::abort();
  redemption.disks = detail->disks;
  redemption.disks.front().size_bytes += 512;
  if (detail->disks.size() == 1 && (!passed || check_redemption(redemption, intent, {}))) std::abort();
  redemption.token = "another";
  if (check_redemption(redemption, intent, {})) std::abort();
  if (check_redemption(redemption, intent, core::Epoch{1})) std::abort();
  redemption.attempt.value += 1;
  if (check_redemption(redemption, intent, {})) std::abort();
  intent.act = "power_on";
  if (check_redemption(redemption, intent, {})) std::abort();
}

void check_wipe_result(std::string_view text) {
  IntentRow intent;
  intent.act = "wipe";
  intent.token_hash = core::sha256("token");
  intent.result_json = text;
  const WipeProgress progress = wipe_progress(intent);
  drivers::scout::Redemption redemption;
  redemption.token = "token";
  if (check_redemption(redemption, intent, {})) std::abort();
  intent.state = IntentState::done;
  if (check_redemption(redemption, intent, {})) std::abort();
  if (progress.redeemed_by_boot != 0 && !core::parse_json(text)) std::abort();
  const auto json = core::parse_json(text);
  const core::Json* const member = json ? core::json_member(*json, "result") : nullptr;
  if (member == nullptr) return;
  const auto result = drivers::scout::decode_wipe_result(*member);
  if (!result) return;
  WipeDetail ordered;
  if (check_result(*result, ordered).has_value() != result->disks.empty()) std::abort();
  for (const auto& disk : result->disks) ordered.disks.push_back(disk.disk);
  (void)check_result(*result, ordered);
  ordered.disks.emplace_back().id.serial = "never reported by anybody";
  if (check_result(*result, ordered)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_identity(text);
  check_inventory(text);
  check_wipe(text);
  check_wipe_result(text);
  if (const auto step = step_data_from_text(text)) {
    const auto again = step_data_from_text(to_text(*step));
    if (!again || again->data != step->data || again->version != step->version) std::abort();
  }
  (void)methods_for(size % 2 == 0 ? drivers::scout::WipeLevel::clear : drivers::scout::WipeLevel::purge);
  return 0;
}

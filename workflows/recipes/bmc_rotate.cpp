// Another password for the account with which we use a BMC. Two slots (docs/adr/0010): the new one is sealed
// in the journal beside the old one before the BMC hears of it, and the old one is forgotten only after a
// login with the new one. Whatever happens in between, one of the two is the BMC's.
//
// What the BMC answers to the change decides nothing; a login does. The new password is tried first, then the
// old one: at most two logins are refused, for BMCs lock accounts out.

#include <chrono>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/json.hpp"
#include "drivers/bmc_users.hpp"
#include "workflows/recipes/bmc_password.hpp"
#include "workflows/recipes/power_steps.hpp"
#include "workflows/recipes/recipes.hpp"

namespace colony::workflows {

using namespace std::chrono_literals;
using core::Task;

namespace {

constexpr std::string_view act = "bmc_password";
constexpr unsigned set_attempts = 3;     // whose outcome nobody knows
constexpr unsigned patient_looks = 3;    // at a BMC that said yes and still takes the old one
constexpr core::Duration applying = 5s;  // what a BMC may take to do what it said

// What the steps remember:
// {"user":2,"answer":"accepted|lost|died|refused","refusal":"...","next_refused":true}.

Failed failed(core::ErrorKind kind, std::string_view code, std::string message) {
  return Failed{{kind, std::string(code), std::move(message)}};
}

Failed password_unknown(StepContext& step) {
  const AssetPtr asset = step.asset();
  const auto& record = asset->bmc;
  return failed(
      core::ErrorKind::unauthorized, "bmc.password_unknown",
      fmt::format("the BMC takes neither the old nor the new password of {}; both are kept: colony bmc "
                  "password {} shows them. Wait until a lock-out is over and order it again, or set one "
                  "at the BMC and hand it over with colony add-ipmi",
                  record ? record->username : "", asset->name));
}

Failed no_bmc() {
  return failed(core::ErrorKind::refused, "asset.no_bmc", "the asset has no BMC any more");
}

Task<StepOutcome> find_account(StepContext& step) {
  const AssetPtr asset = step.asset();
  const auto& record = asset->bmc;
  if (!record) co_return no_bmc();
  // An earlier change that ended in doubt: that one is brought to its end, with what an operator mended
  // since.
  const bool in_doubt = !record->next_password.empty();
  const auto bmc = in_doubt ? step.tools().bmcs.afresh(*record) : bmc_of(step);
  if (!bmc) co_return Failed{bmc.error()};
  drivers::BmcUsers* const users = (*bmc)->users();
  if (users == nullptr) {
    co_return failed(core::ErrorKind::unsupported, "bmc.no_users",
                     "the driver of this BMC changes no passwords");
  }
  const auto known = co_await users->users(step.timers().now() + step.tools().site.pacing.bmc_call * 2);
  if (!known && in_doubt && known.error().kind == core::ErrorKind::unauthorized) {
    co_return password_unknown(step);
  }
  if (!known) co_return bmc_trouble(step, known.error());
  std::optional<drivers::UserId> ours;
  for (const auto& user : *known) {
    if (user.name != record->username) continue;
    if (ours) {
      co_return failed(core::ErrorKind::conflict, "bmc.account_ambiguous",
                       fmt::format("the BMC has two users called {} (numbers {} and {}): remove one of them",
                                   core::printable(user.name), ours->value, user.id.value));
    }
    ours = user.id;
  }
  if (!ours) {
    co_return failed(core::ErrorKind::refused, "bmc.account_unknown",
                     fmt::format("the BMC lists no user {}: its password is kept elsewhere (a directory "
                                 "service), or the account may not list users",
                                 core::printable(record->username)));
  }
  step.data()["user"] = ours->value;
  if (in_doubt) co_return GoTo{"log_in"};
  co_return Next{};
}

Task<StepOutcome> set_password(StepContext& step) {
  if (const IntentPtr open = step.newest(act); open && open->state == IntentState::intended) {
    // We died after the intention: whether it was sent is unknown.
    step.resolve_later(open->id, IntentState::indeterminate, core::Json{{"closed", "the program ended"}});
    step.data()["answer"] = "died";
    co_return Next{};
  }
  const drivers::UserId user{static_cast<std::uint8_t>(core::json_uint(step.data(), "user").value_or(0))};
  const AssetPtr before = step.asset();
  const auto& account = before->bmc;
  if (!account) co_return no_bmc();
  if (account->next_password.empty()) {
    step.edit_asset([&random = step.random()](AssetRow& edited) {
      if (auto& record = edited.bmc) record->next_password = make_bmc_password(random);
    });
  }
  const auto intent =
      co_await step.intend(act, core::Json{{"account", account->username}, {"user", user.value}});
  if (!intent) co_return Failed{intent.error()};

  // From here on either password may be the BMC's, and whoever opens a session has both.
  const auto bmc = bmc_of(step);
  if (!bmc) co_return Failed{bmc.error()};
  const AssetPtr asset = step.asset();
  const auto& record = asset->bmc;
  if (!record) co_return no_bmc();
  drivers::BmcUsers* const users = (*bmc)->users();
  if (users == nullptr)
    co_return failed(core::ErrorKind::unsupported, "bmc.no_users", "the driver was changed");
  const auto done = co_await users->set_password(user, record->next_password.clone(),
                                                 step.timers().now() + step.tools().site.pacing.bmc_call);
  IntentState state = IntentState::done;
  if (done) {
    step.data()["answer"] = "accepted";
  } else if (done.error().kind == core::ErrorKind::refused ||
             done.error().kind == core::ErrorKind::unsupported ||
             done.error().code == "ipmi.not_privileged") {
    state = IntentState::failed;
    step.data()["answer"] = "refused";
    step.data()["refusal"] = done.error().message;
  } else {
    state = IntentState::indeterminate;
    step.data()["answer"] = "lost";
  }
  step.resolve_later((*intent)->id, state,
                     done ? core::Json{{"accepted", true}} : core::Json{{"code", done.error().code}});
  // Its session began with the old password, and a BMC may have room for one session only.
  co_await (*bmc)->close();
  co_return Next{};
}

/// A login of its own, which nobody uses for anything else.
Task<core::Result<>> log_in_with(StepContext& step, BmcRecord record) {
  const auto bmc = step.tools().bmcs.alone(record);
  if (!bmc) co_return std::unexpected(bmc.error());
  const auto answer = co_await (*bmc)->power_state(step.timers().now() + step.tools().site.pacing.bmc_call);
  co_await (*bmc)->close();
  if (!answer) co_return std::unexpected(answer.error());
  co_return core::Result<>{};
}

bool is_refusal(const core::Result<>& login) {
  return !login && login.error().kind == core::ErrorKind::unauthorized;
}

/// The BMC has the old password, that much is seen.
StepOutcome still_the_old_one(StepContext& step) {
  step.data().erase("next_refused");
  const auto answer = core::json_text(step.data(), "answer").value_or("");
  if (answer == "refused") {
    step.edit_asset([](AssetRow& asset) { asset.bmc->next_password = {}; });
    return failed(core::ErrorKind::refused, "bmc.password_refused",
                  fmt::format("the BMC refuses a new password; it has the old one, as before: {}",
                              core::json_text(step.data(), "refusal").value_or("")));
  }
  if (answer == "accepted") {
    const core::Error why{core::ErrorKind::refused, "bmc.password_not_kept",
                          "the BMC said yes to the new password and has the old one still"};
    if (step.count_up("looks") < patient_looks) return Again{applying, why};
    return Failed{why};
  }
  // Our own end says nothing about the BMC.
  if (answer == "died" || step.count_up("attempts") < set_attempts) return GoTo{"set_password"};
  return failed(core::ErrorKind::timed_out, "bmc.password_not_set",
                fmt::format("the BMC was told a new password {} times without an answer; it has the old one",
                            set_attempts));
}

Task<StepOutcome> log_in(StepContext& step) {
  const AssetPtr asset = step.asset();
  const auto& record = asset->bmc;
  if (!record || record->next_password.empty()) {
    co_return failed(core::ErrorKind::conflict, "bmc.enrolled_meanwhile",
                     "the BMC was handed over again with another password; nothing is left to do");
  }
  BmcRecord with_new = record->clone();
  with_new.password = std::move(with_new.next_password);
  BmcRecord with_old = record->clone();
  with_old.next_password = {};

  if (!core::json_bool(step.data(), "next_refused").value_or(false)) {
    const auto login = co_await log_in_with(step, std::move(with_new));
    if (login) {
      step.edit_asset([](AssetRow& edited) {
        edited.bmc->password = std::move(edited.bmc->next_password);
        edited.bmc->next_password = {};
      });
      step.note(
          "bmc.password_changed",
          fmt::format("the password of {} on the BMC is another one, seen by a login", record->username));
      co_return Next{};
    }
    if (!is_refusal(login)) co_return bmc_trouble(step, login.error());
    step.data()["next_refused"] = true;  // not tried twice, whatever becomes of the next login
  }
  const auto login = co_await log_in_with(step, std::move(with_old));
  if (login) co_return still_the_old_one(step);
  if (!is_refusal(login)) co_return bmc_trouble(step, login.error());
  step.data().erase("next_refused");
  co_return password_unknown(step);
}

void settle(const WorkflowRow& row, const core::Json&, Ending ending, AssetRow& asset) {
  settle_reachability(row, ending, asset);
  if (row.error_code == "bmc.password_unknown" && asset.condition == AssetCondition::normal) {
    asset.condition = AssetCondition::unreachable;
    asset.condition_reason = row.error_message;
  }
}

}  // namespace

Recipe bmc_rotate_recipe(const Pacing& pacing) {
  Recipe recipe;
  recipe.type = "bmc-rotate";
  recipe.bystander = true;
  const auto at_bmc = [&pacing](std::string_view name, std::string_view waits_for,
                                Task<StepOutcome> (*run)(StepContext&)) {
    return Step{.name = name,
                .allowed = pacing.bmc_call * 20,
                .usual = 5s,
                .tries = 20,
                .waits_for = waits_for,
                .advice = "check that the BMC answers: colony bmc power status --ip ADDRESS",
                .run = run};
  };
  recipe.steps = {at_bmc("find_account", "the BMC to list its users", find_account),
                  at_bmc("set_password", "the BMC to take a new password", set_password),
                  at_bmc("log_in", "a login that tells which password the BMC has", log_in)};
  recipe.settle = settle;
  return recipe;
}

}  // namespace colony::workflows

#include "hw-sim/bmc/bmc_faults.hpp"

#include <array>
#include <utility>

namespace colony::hw_sim {

namespace {

constexpr std::array moments{
    std::pair<std::string_view, BmcMoment>{"bmc", BmcMoment::any},
    std::pair<std::string_view, BmcMoment>{"bmc.session", BmcMoment::session},
    std::pair<std::string_view, BmcMoment>{"bmc.command", BmcMoment::command},
    std::pair<std::string_view, BmcMoment>{"bmc.power", BmcMoment::power},
    std::pair<std::string_view, BmcMoment>{"bmc.status", BmcMoment::status},
    std::pair<std::string_view, BmcMoment>{"bmc.sol", BmcMoment::sol},
    std::pair<std::string_view, BmcMoment>{"bmc.bootdev", BmcMoment::bootdev},
    std::pair<std::string_view, BmcMoment>{"bmc.records", BmcMoment::records},
    std::pair<std::string_view, BmcMoment>{"bmc.payload", BmcMoment::payload},
    std::pair<std::string_view, BmcMoment>{"bmc.password", BmcMoment::password},
};

constexpr std::array kinds{
    std::pair<std::string_view, BmcFaultKind>{"stuck", BmcFaultKind::stuck},
    std::pair<std::string_view, BmcFaultKind>{"drop", BmcFaultKind::drop},
    std::pair<std::string_view, BmcFaultKind>{"lose", BmcFaultKind::lose},
    std::pair<std::string_view, BmcFaultKind>{"late", BmcFaultKind::late},
    std::pair<std::string_view, BmcFaultKind>{"duplicate", BmcFaultKind::duplicate},
    std::pair<std::string_view, BmcFaultKind>{"refuse", BmcFaultKind::refuse},
    std::pair<std::string_view, BmcFaultKind>{"starting", BmcFaultKind::starting},
    std::pair<std::string_view, BmcFaultKind>{"ignore", BmcFaultKind::ignore},
    std::pair<std::string_view, BmcFaultKind>{"lie", BmcFaultKind::lie},
    std::pair<std::string_view, BmcFaultKind>{"freeze", BmcFaultKind::freeze},
    std::pair<std::string_view, BmcFaultKind>{"full", BmcFaultKind::full},
    std::pair<std::string_view, BmcFaultKind>{"repeat", BmcFaultKind::repeat},
    std::pair<std::string_view, BmcFaultKind>{"ignore-legacy", BmcFaultKind::ignore_legacy},
    std::pair<std::string_view, BmcFaultKind>{"cut", BmcFaultKind::cut},
    std::pair<std::string_view, BmcFaultKind>{"freeze-after", BmcFaultKind::freeze_after},
};

bool includes(BmcMoment wide, BmcMoment at) {
  if (wide == BmcMoment::any || wide == at) return true;
  return wide == BmcMoment::command && at != BmcMoment::any && at != BmcMoment::session &&
         at != BmcMoment::sol;
}

}  // namespace

std::optional<BmcMoment> parse_bmc_moment(std::string_view text) {
  for (const auto& [word, moment] : moments) {
    if (word == text) return moment;
  }
  return std::nullopt;
}

std::optional<BmcFaultKind> parse_bmc_fault_kind(std::string_view text) {
  for (const auto& [word, kind] : kinds) {
    if (word == text) return kind;
  }
  return std::nullopt;
}

std::optional<BmcFault> BmcFaults::strike(BmcMoment at, BmcFaultKind kind) {
  for (auto& fault : faults_) {
    if (fault.kind != kind || fault.times == 0 || !includes(fault.at, at)) continue;
    --fault.times;
    ++struck_;
    return fault;
  }
  return std::nullopt;
}

std::optional<core::Duration> BmcFaults::wear(BmcMoment at) {
  for (auto fault = faults_.begin(); fault != faults_.end(); ++fault) {
    if (fault->kind != BmcFaultKind::freeze_after || !includes(fault->at, at)) continue;
    if (fault->times > 0) {
      --fault->times;
      continue;
    }
    const core::Duration delay = fault->delay;
    faults_.erase(fault);
    ++struck_;
    return delay;
  }
  return std::nullopt;
}

}  // namespace colony::hw_sim

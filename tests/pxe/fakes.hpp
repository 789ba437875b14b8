#pragma once
// Stand-ins for what pxe is given by the rest of the house.

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "core/evidence/evidence.hpp"
#include "pxe/boot_policy.hpp"
#include "pxe/client_addresses.hpp"

namespace colony::test {

struct RecordedEvidence final : core::EvidenceSink {
  std::vector<core::Evidence> all;
  void emit(core::Evidence evidence) override { all.push_back(std::move(evidence)); }

  template <class Fact>
  [[nodiscard]] std::vector<Fact> facts() const {
    std::vector<Fact> out;
    for (const auto& evidence : all) {
      if (const auto* fact = std::get_if<Fact>(&evidence.fact)) out.push_back(*fact);
    }
    return out;
  }
};

struct ListedAddresses final : pxe::ClientAddresses {
  std::map<core::Ipv4Address, core::MacAddress> machines;

  [[nodiscard]] std::optional<core::MacAddress> find(core::Ipv4Address address) const override {
    const auto found = machines.find(address);
    if (found == machines.end()) return std::nullopt;
    return found->second;
  }
  [[nodiscard]] std::optional<core::MacAddress> holder(core::Ipv4Address address) const override {
    return find(address);
  }
};

/// Serves the machines it was told about; decides what it was told to.
struct ListedPolicy final : pxe::BootPolicy {
  std::set<core::MacAddress> served;
  bool everybody = false;
  pxe::BootDecision decision = pxe::Silence{};

  [[nodiscard]] bool serves(const pxe::BootRequest& request) const override {
    return everybody || served.contains(request.mac);
  }
  [[nodiscard]] bool knows(core::MacAddress mac) const override { return served.contains(mac); }
  [[nodiscard]] pxe::BootDecision decide(const pxe::BootRequest&) override { return decision; }
};

}  // namespace colony::test

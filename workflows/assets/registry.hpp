#pragma once
// Every asset and how it is found: by key, by what a person types, by what the wire shows. Decides who a
// machine is that shows up. Decisions are returned as batches; nothing is written here.
//
// Keys that point at two assets are a conflict: the newcomer is refused, with the reason. One exception is no
// conflict: a machine that was seen before its BMC was known, and the asset that stands for that BMC, become
// one.

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "drivers/scout/messages.hpp"
#include "workflows/assets/identity.hpp"
#include "workflows/engine/ledger.hpp"

namespace colony::workflows {

struct KnownAsset {
  Identity identity;
  std::shared_ptr<const drivers::scout::Inventory> inventory;  // null before the first
  std::optional<core::Ipv4Address> enrolled_bmc;
};

/// Two assets that cannot both be right. What would write to them, or to the disk, is refused until one of
/// them is looked at again and the contradiction is gone.
struct Clash {
  std::string code;  // asset.bmc_swapped, asset.disk_shared
  std::vector<core::AssetId> assets;
  std::optional<drivers::scout::DiskId> disk;
  std::string text;
};

/// What is to be written about a machine, and which asset it is.
struct Admission {
  core::AssetId asset;
  bool created = false;
  std::string matched;  // "in-band BMC address", ...; empty when it was not matched to a BMC just now
  std::optional<core::AssetId> merged;  // the asset that is none any more
  Batch batch;
};

class Registry {
 public:
  static constexpr std::size_t max_assets = 20'000;
  static constexpr std::size_t max_addresses = 65'536;
  static constexpr std::size_t max_refusals = 64;
  static constexpr std::size_t max_findings = 32;

  explicit Registry(Ledger& ledger);
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;
  ~Registry() = default;

  [[nodiscard]] const KnownAsset* known(const core::AssetId& id) const;
  /// The asset that this one was found to be; itself when it is one.
  [[nodiscard]] core::AssetId resolve(core::AssetId id) const;
  /// By a port that it had at the last look. One that it has no longer may be in any machine by now.
  [[nodiscard]] std::optional<core::AssetId> by_mac(const core::MacAddress& mac) const;
  [[nodiscard]] std::optional<core::AssetId> by_uuid(const core::Uuid& uuid) const;
  /// What this asset contradicts; and all there are, at most max_findings.
  [[nodiscard]] std::vector<Clash> clashes_of(const core::AssetId& id) const;
  [[nodiscard]] std::vector<Clash> clashes() const;
  /// For people: clashes, shared UUIDs, machines that were refused.
  [[nodiscard]] std::vector<std::string> findings() const;
  /// A machine was refused; true when that is news. Forgotten when it is admitted.
  bool refused(const core::MacAddress& mac, const core::Error& reason);
  void admitted(const core::MacAddress& mac) { refusals_.erase(mac); }

  /// Anything that a person or the hosted side may call it. Errors: asset.not_found, asset.ambiguous.
  [[nodiscard]] core::Result<core::AssetId> find(std::string_view ref) const;

  /// Who this fact is about; remembers which address belongs to whom, until another machine is seen there.
  [[nodiscard]] std::optional<core::AssetId> attribute(const core::Evidence& evidence);

  /// A machine that scout saw. `expected`: the asset for which it was booted.
  /// Errors: asset.no_identity, asset.conflict, asset.contradiction, asset.mismatch, asset.too_many.
  [[nodiscard]] core::Result<Admission> admit(const drivers::scout::Inventory& inventory,
                                              std::optional<core::AssetId> expected, core::UtcTime now,
                                              core::Random& random) const;
  /// A BMC that an operator handed over; an empty name is made up. Errors: bmc.conflict, asset.name_taken,
  /// asset.too_many.
  [[nodiscard]] core::Result<Admission> enrol(BmcRecord bmc, const drivers::BmcIdentity& identity,
                                              std::string name, core::UtcTime now,
                                              core::Random& random) const;
  /// The machine behind a BMC was found by a power test: the two become one.
  [[nodiscard]] core::Result<Admission> join(core::AssetId machine, core::AssetId bmc,
                                             core::UtcTime now) const;

 private:
  void index(const AssetRow& row);
  void add_keys(const core::AssetId& id, const KnownAsset& asset);
  void remove_keys(const core::AssetId& id, const KnownAsset& asset);
  [[nodiscard]] std::optional<Clash> bmc_clash(const core::AssetId& id) const;
  [[nodiscard]] Clash disk_clash(const std::string& key) const;
  [[nodiscard]] std::string name_of(const core::AssetId& id) const;
  [[nodiscard]] std::optional<core::AssetId> by_key(const std::string& key) const;
  [[nodiscard]] std::vector<core::AssetId> owners(const Identity& identity) const;
  [[nodiscard]] bool is_placeholder(const core::AssetId& id) const;
  [[nodiscard]] std::optional<core::AssetId> named(std::string_view name) const;
  [[nodiscard]] std::string free_name(std::string wanted) const;
  [[nodiscard]] core::Result<AssetRow> new_row(std::string name, core::UtcTime now,
                                               core::Random& random) const;
  void merge_into(Admission& admission, const core::AssetId& from, AssetRow& into, Identity& identity,
                  core::UtcTime now) const;

  Ledger& ledger_;
  std::map<core::AssetId, KnownAsset> known_;
  std::map<std::string, core::AssetId> keys_;
  std::map<std::string, std::set<core::AssetId>>
      shared_;  // UUIDs and GUIDs of several: they identify nothing
  std::map<std::string, std::set<core::AssetId>> disk_owners_;
  std::set<std::string> shared_disks_;
  std::map<core::Ipv4Address, std::set<core::AssetId>> enrolled_at_, told_at_;
  std::map<core::MacAddress, core::Error> refusals_;
  struct Tenant {
    core::AssetId asset;
    std::optional<core::MacAddress> mac;  // the port with which it was seen there
  };
  std::map<core::Ipv4Address, Tenant> addresses_;
};

/// The serial that people would read from the machine; empty when it has none.
[[nodiscard]] std::string best_serial(const Identity& identity);

}  // namespace colony::workflows

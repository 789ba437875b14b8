#pragma once
// What an operator does, in one call each; and one who goes through the whole main job and never gives up.

#include "tests/workflows/world.hpp"

namespace colony::workflows {

inline constexpr const char* machine_config = "version: v1alpha1\nmachine: {type: worker} # secret\n";

core::Result<Enrolled> enrol(World& world, const Server& server, bool auto_discover = true,
                             std::string name = {});
bool open_window(World& world, core::Duration span);
core::Result<Submitted> provision(World& world, core::AssetId asset, std::string operation,
                                  std::string disk = "");
core::Result<Submitted> wipe(World& world, core::AssetId asset, std::string operation,
                             std::vector<std::string> disks = {});
core::Result<Submitted> discover(World& world, core::AssetId asset);
core::Result<> cancel(World& world, core::WorkflowId id);
/// Until the workflow has ended, in virtual time.
bool finishes(World& world, core::WorkflowId id);
std::string error_of(World& world, core::WorkflowId id);
/// Enrolled, discovered and available.
core::AssetId discovered(World& world, Server& server);

/// A machine of which nothing, told by it or its BMC, says that they belong together.
Server& add_taciturn(World& world);

/// What is listed, when that is one; else an empty view.
AssetView only_asset(World& world);
/// Whether a note with this code, and with `text` in it, stands on a timeline.
bool noted(World& world, std::string_view code, std::string_view text = {});

/// Enrol, discover, provision, wipe: asks again whenever no answer came.
struct Job {
  std::optional<core::AssetId> asset;
  bool provisioned = false, wiped = false, done = false;
  std::string trouble;
};
core::Task<> do_the_whole_job(World& world, Server& server, Job& job);

}  // namespace colony::workflows
